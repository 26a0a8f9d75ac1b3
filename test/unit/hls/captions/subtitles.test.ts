import { expect, test } from 'vitest';
import { captionLimits } from '#src/hls/captions/limits.ts';
import { Subtitles } from '#src/hls/captions/subtitles.ts';
import { caption, openCaptionsRig } from '#test/kit/captions-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

const nowMs = 1_700_000_000_000;
const moment = { nowMs, edgeMs: nowMs - 100 };

function open(announced: readonly { language: string; name?: string }[] = []): {
  readonly subtitles: Subtitles;
  readonly opened: () => number;
} {
  let count = 0;
  return { subtitles: new Subtitles(() => (count += 1), announced), opened: () => count };
}

test('a playlist for each language, announced or not, once', () => {
  const { subtitles, opened } = open([
    { language: 'en' },
    { language: 'en', name: 'again' },
    { language: 'fr' },
  ]);
  expect(opened()).toBe(2);
  const say = (language: string): string =>
    subtitles.take(caption(nowMs, nowMs + 1_000, { language }), moment).language;
  expect([say('en'), say('de'), say('de')]).toEqual(['en', 'de', 'de']);
  expect(opened()).toBe(3);
  expect(subtitles.languages).toEqual(['en', 'fr', 'de']);
});

test('names differ', async () => {
  await using rig = openCaptionsRig({
    captions: [
      { stream: '*', language: 'en', name: 'Typed' },
      { stream: '*', language: 'de', name: 'Typed' },
    ],
  });
  const feed = new EpochFeed(1);
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(13_000);
  expect(rig.packager.multivariant()?.match(/NAME="Typed[^"]*"/g)).toEqual([
    'NAME="Typed"',
    'NAME="Typed (de)"',
  ]);
});

test('what is refused opens no language', () => {
  const { subtitles, opened } = open();
  expect(() => subtitles.take(caption(nowMs - 900, nowMs - 800), moment)).toThrow(
    expect.objectContaining({ code: 'caption-too-late' }),
  );
  expect(opened()).toBe(0);
});

test('so many languages and no more', () => {
  const { subtitles } = open(
    Array.from({ length: 20 }, (_, index) => ({ language: `a${String.fromCharCode(97 + index)}` })),
  );
  expect(subtitles.languages).toHaveLength(captionLimits.languages);
  expect(() => subtitles.take(caption(nowMs, nowMs + 1_000, { language: 'zz' }), moment)).toThrow(
    expect.objectContaining({ code: 'too-many-languages', kind: 'conflict' }),
  );
  expect(subtitles.take(caption(nowMs, nowMs + 1_000, { language: 'aa' }), moment).language).toBe('aa');
});

test('so many captions a minute; sending one again costs nothing', () => {
  const { subtitles } = open();
  const say = (index: number): unknown =>
    subtitles.take(caption(nowMs + index * 100, nowMs + index * 100 + 100, { id: `c${index}` }), moment);
  for (let index = 0; index < captionLimits.perMinute; index += 1) say(index);
  say(0);
  expect(() => say(captionLimits.perMinute)).toThrow(
    expect.objectContaining({ code: 'too-many-captions', retryAfterMs: 60_000 }),
  );
});
