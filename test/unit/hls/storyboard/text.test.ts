import { expect, test } from 'vitest';
import { renderStoryboard, type StoryboardView, type Tile } from '#src/hls/storyboard/text.ts';
import type { Segment } from '#src/hls/media-segment.ts';

const wallMs = Date.parse('2026-11-21T20:15:00.250Z');

/** Segments of two seconds, numbered from `first`. */
function segments(first: number, count: number, more: Partial<Segment> = {}): readonly Segment[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ msn: first + index, name: '', run: 1, discontinuity: false, mapName: '', independent: true },
    ...{ startWallMs: wallMs + index * 2_000, startMs: 0, gap: false, parts: [], complete: true },
    ...{ durationMs: 2_000, ...more },
  }));
}

const tiles = (...msns: readonly number[]): StoryboardView['tileOf'] => {
  return (msn) => (msns.includes(msn) ? tile(msns.indexOf(msn)) : undefined);
};
const tile = (index: number): Tile => ({ uri: 'inc/story_1.jpg', index, width: 160, height: 90 });
const view = { before: undefined, everyMs: 2_000 };

test('a cue reaches to the next picture; its times count from the first segment, its name is a date', () => {
  expect(renderStoryboard({ ...view, segments: segments(7, 4), tileOf: tiles(7, 9) })).toBe(
    `WEBVTT

2026-11-21T20:15:00.250Z
00:00:00.000 --> 00:00:04.000
inc/story_1.jpg#xywh=0,0,160,90

2026-11-21T20:15:04.250Z
00:00:04.000 --> 00:00:06.000
inc/story_1.jpg#xywh=160,0,160,90
`,
  );
});

test('the newest picture stands for what is near it, not for all that has none yet', () => {
  const text = renderStoryboard({ ...view, segments: segments(1, 10), tileOf: tiles(1), everyMs: 6_000 });
  expect(text).toContain('00:00:00.000 --> 00:00:06.000');
  const long = segments(1, 2, { durationMs: 9_000 });
  expect(renderStoryboard({ ...view, segments: long, tileOf: tiles(1) })).toContain(
    '00:00:00.000 --> 00:00:09.000',
  );
});

test('a picture that has left the window is shown until the first that has not', () => {
  const text = renderStoryboard({ ...view, segments: segments(5, 3), tileOf: tiles(6), before: tile(4) });
  expect(text).toContain('WEBVTT\n\n00:00:00.000 --> 00:00:02.000\ninc/story_1.jpg#xywh=640,0,160,90\n');
  expect(text).toContain('00:00:02.000 --> 00:00:04.000');
});

test('no picture reaches over a discontinuity', () => {
  const [first, second, third, ...rest] = segments(1, 5);
  if (!first || !second || !third) throw new Error('there are five');
  const all = [first, second, { ...third, discontinuity: true }, ...rest];
  const text = renderStoryboard({ ...view, segments: all, tileOf: tiles(1, 5) });
  expect(text.match(/-->.*/g)).toEqual(['--> 00:00:04.000', '--> 00:00:10.000']);
});

test('without pictures it is an empty list', () => {
  expect(renderStoryboard({ ...view, segments: segments(1, 3), tileOf: tiles() })).toBe('WEBVTT\n');
  expect(renderStoryboard({ ...view, segments: [], tileOf: tiles(1) })).toBe('WEBVTT\n');
});
