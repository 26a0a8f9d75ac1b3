import { afterEach, describe, expect, test } from 'vitest';
import type { SegmentSpool } from '#src/core/record.ts';
import type { StreamPackager } from '#src/hls/packager.ts';
import {
  caption,
  type CaptionsRig,
  cuesOf,
  openCaptionsRig,
  playlistOf,
  served,
} from '#test/kit/captions-rig.ts';
import { checkCues, checkInStep } from '#test/kit/hls-captions-rules.ts';
import { checkPlaylist } from '#test/kit/hls-rules.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

const rigs: CaptionsRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig[Symbol.asyncDispose]();
});

function open(settings: Parameters<typeof openCaptionsRig>[0] = {}): CaptionsRig {
  const rig = openCaptionsRig({ captions: [{ stream: '*', language: 'en' }], ...settings });
  rigs.push(rig);
  return rig;
}

/** Wall clock of a media time in the first run. */
const wall = (mediaMs: number, run = 1): number => 1_700_000_000_000 + run * 3_600_000 + mediaMs - 10_000;

/** Every rule of the playlist, of its being in step, and of its files. */
function broken(packager: StreamPackager, main = 'v0', id = 's0'): readonly string[] {
  const problems: string[] = [];
  const check = (rule: string, holds: boolean, detail = ''): void => {
    if (!holds) problems.push(`${rule}: ${detail}`);
  };
  checkPlaylist(playlistOf(packager, id), (rule, holds, detail) => {
    // WebVTT has none.
    if (rule !== 'segments have an init segment') check(rule, holds, detail);
  });
  checkInStep(playlistOf(packager, main), playlistOf(packager, id), check);
  for (const { segment, parts } of cuesOf(packager, id)) checkCues(segment, parts, check);
  return problems;
}

const cueIn = (packager: StreamPackager, id: string, text = 'words'): readonly number[] =>
  cuesOf(packager, id)
    .filter(({ segment }) => segment.vtt.cues.some((cue) => cue.text === text))
    .map(({ msn }) => msn);

describe('in step with the video', () => {
  test('part for part, with nothing to say', async () => {
    const { packager, clock } = open();
    const feed = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    for (let untilMs = 11_200; untilMs < 17_000; untilMs += 190) {
      await feed.advanceTo(untilMs);
      expect(broken(packager)).toEqual([]);
    }
    expect(playlistOf(packager, 's0').hints[0]).toMatch(/^s0_e1_p\d+\.vtt$/);
  });

  test('nothing is hinted at while the publisher is away', async () => {
    const { packager, clock } = open();
    const first = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(first.epoch);
    await first.advanceTo(13_100);
    first.end();
    await settled();
    expect(playlistOf(packager, 's0').hints).toEqual([]);
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await second.advanceTo(12_600);
    expect(broken(packager)).toEqual([]);
    expect(playlistOf(packager, 's0').hints).toHaveLength(1);
    expect(playlistOf(packager, 's0').segments.filter((segment) => segment.discontinuity)).toHaveLength(1);
    packager.finish();
    expect(broken(packager)).toEqual([]);
    expect(playlistOf(packager, 's0')).toMatchObject({ ended: true, hints: [] });
  });

  test('with sound alone it follows the sound', async () => {
    const { packager, clock } = open();
    const feed = new EpochFeed(1, ['audio']);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    await feed.advanceTo(15_000);
    expect(broken(packager, 'a0')).toEqual([]);
  });

  test('gaps of the video are gaps', async () => {
    const { packager, clock } = open();
    const feed = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    await feed.advanceTo(13_000);
    feed.end();
    await settled();
    const blind = new EpochFeed(2, ['audio']);
    packager.accept(blind.epoch);
    await blind.advanceTo(16_500);
    blind.end();
    await settled();
    const again = new EpochFeed(3);
    packager.accept(again.epoch);
    await again.advanceTo(13_000);
    expect(playlistOf(packager, 's0').segments.some((segment) => segment.gap)).toBe(true);
    expect(broken(packager)).toEqual([]);
  });

  test('what slid out of the video has slid out here', async () => {
    const { packager, clock } = open({ segmentTargetMs: 500, targetDurationMs: 1_000, windowSegments: 8 });
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    await feed.advanceTo(11_500);
    const { segments } = playlistOf(packager, 's0');
    const [name = ''] = segments.flatMap(({ uri }) => uri ?? []);
    await feed.advanceTo(20_000);
    expect(playlistOf(packager, 's0').mediaSequence).toBe(playlistOf(packager, 'v0').mediaSequence);
    expect(playlistOf(packager, 's0').mediaSequence).toBeGreaterThan(3);
    await feed.advanceTo(40_000);
    expect(served(packager, 's0').whole?.(name)).toBeUndefined();
    expect(served(packager, 's0').window.segment(name)).toBeUndefined();
  }, 20_000);
});

describe('captions', () => {
  test('stand in every part and segment in which they are seen, whole', async () => {
    const { packager, clock } = open();
    const feed = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    packager.text.caption(caption(wall(11_700), wall(14_300)));
    await feed.advanceTo(17_000);
    expect(broken(packager)).toEqual([]);
    // Segments of two seconds begin at 10 s.
    expect(cueIn(packager, 's0')).toEqual([1, 2, 3]);
    for (const { segment } of cuesOf(packager, 's0').slice(0, 3))
      expect(segment.vtt.cues).toMatchObject([{ startMs: 11_700, endMs: 14_300, text: 'words' }]);
    const parts = cuesOf(packager, 's0').flatMap((each) => each.parts);
    const withCue = parts.filter(({ vtt }) => vtt.cues.length > 0);
    expect(withCue[0]?.endMs).toBeGreaterThan(11_700);
    expect(withCue[0]?.startMs).toBeLessThanOrEqual(11_700);
    expect(withCue.at(-1)?.endMs).toBeGreaterThanOrEqual(14_300);
    expect(withCue.length).toBeGreaterThan(8);
  });

  test('that are late come with the next part', async () => {
    const { packager, clock } = open();
    const feed = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    await feed.advanceTo(13_500);
    clock.wallMs = wall(13_600);
    packager.text.caption(caption(wall(10_500), wall(14_500)));
    const partsBefore = served(packager, 's0').window.last.parts;
    expect(() => packager.text.caption(caption(wall(10_500), wall(12_000)))).toThrow(
      expect.objectContaining({ code: 'caption-too-late' }),
    );
    await feed.advanceTo(17_000);
    expect(broken(packager)).toEqual([]);
    const [first, ...others] = cuesOf(packager, 's0').flatMap(({ msn, parts }) =>
      parts.flatMap(({ vtt }, index) => (vtt.cues.length > 0 ? [{ msn, index }] : [])),
    );
    expect(first).toEqual({ msn: 2, index: partsBefore });
    expect(others.length).toBeGreaterThan(2);
  });

  test('belong to their moment, on both sides of a discontinuity', async () => {
    const { packager, clock } = open();
    const first = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(first.epoch);
    await first.advanceTo(13_000);
    first.end();
    await settled();
    clock.wallMs = wall(10_000, 2);
    packager.text.caption(caption(wall(10_500, 2), wall(11_000, 2)));
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await second.advanceTo(14_500);
    expect(broken(packager)).toEqual([]);
    const [found] = cuesOf(packager, 's0').filter(({ segment }) => segment.vtt.cues.length > 0);
    expect(found?.segment.vtt.cues).toMatchObject([{ startMs: 10_500, endMs: 11_000 }]);
    expect(playlistOf(packager, 's0').segments.find(({ msn }) => msn === found?.msn)?.discontinuity).toBe(
      true,
    );
  });
});

test('a caption that goes on over a discontinuity is not told anew; one that begins in between is', async () => {
  const { packager, clock } = open();
  const first = new EpochFeed(1);
  clock.wallMs = wall(10_000);
  packager.accept(first.epoch);
  packager.text.caption(caption(wall(12_500), wall(17_000), { text: 'told' }));
  packager.text.caption(caption(wall(13_300), wall(17_000), { text: 'between' }));
  await first.advanceTo(13_000);
  first.end();
  await settled();
  const made = new EpochFeed(2);
  const second = Object.assign(made, { epoch: { ...made.epoch, startedWallMs: wall(14_000) } });
  packager.accept(second.epoch);
  await second.advanceTo(12_500);
  const files = cuesOf(packager, 's0').map(({ segment }) => segment.vtt.cues.map(({ text }) => text));
  expect(files).toEqual([[], ['told'], ['between']]);
});

test('a window of hours keeps what is said in it, and not the parts', async () => {
  const spool: SegmentSpool = {
    ...{ windowMs: 60_000, full: false, put: () => undefined, state: () => 'kept', remove: () => undefined },
    read: () => Promise.resolve(Buffer.from('x')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const rig = openCaptionsRig(
    {
      ...{ captions: [{ stream: '*', language: 'en' }], segmentTargetMs: 500 },
      ...{ targetDurationMs: 1_000, windowSegments: 8 },
    },
    { spool },
  );
  rigs.push(rig);
  const { packager, clock } = rig;
  const feed = new EpochFeed(1, ['video'], { gopFrames: 15 });
  clock.wallMs = wall(10_000);
  packager.accept(feed.epoch);
  packager.text.caption(caption(wall(10_100), wall(10_400)));
  await feed.advanceTo(25_000);
  expect(broken(packager)).toEqual([]);
  const [oldest] = served(packager, 's0').window.segments;
  expect([oldest?.msn, oldest?.parts]).toEqual([1, []]);
  const whole = served(packager, 's0').whole?.(oldest?.name ?? '');
  expect(readVtt(Buffer.from(whole ?? []).toString()).cues).toHaveLength(1);
});

describe('a language that comes later', () => {
  test('has the numbers of the others and is offered to who begins then', async () => {
    const { packager, clock } = open({ captions: [] });
    const feed = new EpochFeed(1);
    clock.wallMs = wall(10_000);
    packager.accept(feed.epoch);
    await feed.advanceTo(15_300);
    expect(packager.multivariant()).not.toContain('SUBTITLES');
    clock.wallMs = wall(15_300);
    packager.text.caption(caption(wall(15_400), wall(18_000), { language: 'de' }));
    expect(broken(packager)).toEqual([]);
    expect(packager.multivariant()).toMatch(
      /TYPE=SUBTITLES.*NAME="Deutsch".*LANGUAGE="de"|LANGUAGE="de".*NAME="Deutsch"/,
    );
    await feed.advanceTo(19_000);
    expect(broken(packager)).toEqual([]);
    expect(cueIn(packager, 's0')).toEqual([3, 4]);
  });
});
