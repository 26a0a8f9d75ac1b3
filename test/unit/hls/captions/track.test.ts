import { describe, expect, test } from 'vitest';
import { CaptionTrack } from '#src/hls/captions/track.ts';
import { captionLimits } from '#src/hls/captions/limits.ts';
import { caption } from '#test/kit/captions-rig.ts';

const nowMs = 1_700_000_000_000;
const live = { nowMs, edgeMs: nowMs - 100 };

function take(track: CaptionTrack, ...wish: Parameters<typeof caption>): string {
  const { cue } = track.check(caption(...wish), live);
  return track.add(cue).id;
}

test('what overlaps a stretch is to be seen in it; touching is not overlapping', () => {
  const track = new CaptionTrack('en', 'English');
  const id = take(track, nowMs, nowMs + 1_000);
  const seen = (fromMs: number, toMs: number): readonly string[] =>
    track.during({ startMs: nowMs + fromMs, endMs: nowMs + toMs }).map((cue) => cue.id);
  expect(seen(-500, 1)).toEqual([id]);
  expect(seen(999, 5_000)).toEqual([id]);
  expect(seen(-500, 0)).toEqual([]);
  expect(seen(1_000, 5_000)).toEqual([]);
});

describe('times', () => {
  const resolved = (wish: ReturnType<typeof caption>, edgeMs: number | undefined = live.edgeMs) => {
    const { cue } = new CaptionTrack('en', 'English').check(wish, { nowMs, edgeMs });
    return [cue.startMs - nowMs, cue.endMs - nowMs];
  };

  test('by the wall clock, and from now on', () => {
    expect(resolved(caption(nowMs + 5, nowMs + 9))).toEqual([5, 9]);
    expect(resolved(caption(0, 0, { start: { inMs: 0 }, end: { durationMs: 700 } }))).toEqual([0, 700]);
    expect(resolved(caption(0, 0, { start: { inMs: 50 }, end: { durationMs: 700 } }))).toEqual([50, 750]);
  });

  test('now is never behind the live edge', () => {
    expect(resolved(caption(0, 0, { start: { inMs: 0 }, end: { durationMs: 700 } }), nowMs + 40)).toEqual([
      40, 740,
    ]);
  });

  test('late is what ended where the newest media ends', () => {
    expect(resolved(caption(nowMs - 900, nowMs - 99))).toEqual([-900, -99]);
    expect(() => resolved(caption(nowMs - 900, nowMs - 100))).toThrow(
      expect.objectContaining({ code: 'caption-too-late', kind: 'gone' }),
    );
  });

  test('before there is media, late is what is over now', () => {
    const check = (endMs: number) => () =>
      new CaptionTrack('en', 'English').check(caption(nowMs - 900, endMs), { nowMs, edgeMs: undefined });
    expect(check(nowMs + 1)).not.toThrow();
    expect(check(nowMs)).toThrow(expect.objectContaining({ code: 'caption-too-late' }));
  });

  test('nothing is kept for tomorrow', () => {
    const startMs = nowMs + captionLimits.aheadMs;
    expect(() => resolved(caption(startMs, startMs + 1))).not.toThrow();
    expect(() => resolved(caption(startMs + 1, startMs + 2))).toThrow(
      expect.objectContaining({ code: 'caption-too-early', kind: 'invalid' }),
    );
  });
});

describe('one id', () => {
  test('sent twice is taken once', () => {
    const track = new CaptionTrack('en', 'English');
    take(track, nowMs, nowMs + 1_000, { id: 'a' });
    expect(track.check(caption(nowMs, nowMs + 1_000, { id: 'a' }), live).isNew).toBe(false);
  });

  test('from now on, sent again a moment later, is the first', () => {
    const track = new CaptionTrack('en', 'English');
    const wish = caption(0, 0, { id: 'a', start: { inMs: 0 }, end: { durationMs: 700 } });
    const { cue } = track.check(wish, live);
    track.add(cue);
    const again = track.check(wish, { ...live, nowMs: nowMs + 300 });
    expect(again).toEqual({ cue, isNew: false });
  });

  test.each([{ text: 'others' }, { end: { wallMs: nowMs + 2 } }, { place: { line: 5 } }])(
    'with something else is refused: %j',
    (other) => {
      const track = new CaptionTrack('en', 'English');
      take(track, nowMs, nowMs + 1_000, { id: 'a' });
      expect(() => track.check(caption(nowMs, nowMs + 1_000, { id: 'a', ...other }), live)).toThrow(
        expect.objectContaining({ code: 'caption-exists', kind: 'conflict' }),
      );
    },
  );

  test('is free again when it is forgotten', () => {
    const track = new CaptionTrack('en', 'English');
    take(track, nowMs, nowMs + 1_000, { id: 'a' });
    track.forget(nowMs + 999);
    expect(track.check(caption(nowMs, nowMs + 1_000, { id: 'a' }), live).isNew).toBe(false);
    track.forget(nowMs + 1_000);
    expect(track.check(caption(nowMs, nowMs + 2_000, { id: 'a' }), live).isNew).toBe(true);
  });
});

test('so many at a moment, any number one after the other', () => {
  const track = new CaptionTrack('en', 'English');
  take(track, nowMs, nowMs + 60_000);
  for (let index = 0; index < 50; index += 1)
    take(track, nowMs + index * 1_000, nowMs + index * 1_000 + 1_000);
  for (let more = 2; more < captionLimits.atOnce; more += 1) take(track, nowMs + 10_500, nowMs + 10_600);
  const crowded = (startMs: number, endMs: number) => () =>
    track.check(caption(nowMs + startMs, nowMs + endMs), live);
  const refusal = expect.objectContaining({ code: 'too-many-captions', kind: 'too-many' }) as unknown;
  expect(crowded(10_500, 10_550)).toThrow(refusal);
  expect(crowded(10_400, 10_501)).toThrow(refusal);
  expect(crowded(0, 60_000)).toThrow(refusal);
  expect(crowded(10_600, 12_000)).not.toThrow();
});
