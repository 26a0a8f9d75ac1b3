import { describe, expect, test } from 'vitest';
import { Heights } from '#src/hls/heights.ts';

/** Runs after each other, each with its renditions in the order in which they begin. */
function heightsOf(...runs: readonly Readonly<Record<string, number>>[]): Heights {
  const heights = new Heights();
  for (const [index, run] of runs.entries()) {
    heights.begin(index + 1, Object.keys(run));
    for (const [id, height] of Object.entries(run)) heights.put(id, height);
  }
  return heights;
}

describe('within a limit', () => {
  const heights = heightsOf({ v0: 1080, v1: 540, v2: 270 });
  test.each([
    [undefined, ['v0', 'v1', 'v2']],
    [1080, ['v0', 'v1', 'v2']],
    [1079, ['v1', 'v2']],
    [540, ['v1', 'v2']],
    [270, ['v2']],
    [144, ['v2']],
  ])('of %s lines there are %j', (limit, allowed) => {
    expect(['v0', 'v1', 'v2'].filter((id) => heights.allows(id, limit))).toEqual(allowed);
    expect(heights.allows('a0', limit)).toBe(true);
  });
});

test('each run is judged by its own pictures', () => {
  const heights = heightsOf({ v0: 1080, v1: 540 }, { v0: 360 }, { v0: 1080 });
  expect([1, 2, 3].map((run) => heights.allows('v0', 480, run))).toEqual([false, true, true]);
  expect([1, 2, 3].map((run) => heights.allows('v1', 480, run))).toEqual([true, false, false]);
  expect(heights.allows('v0', 480)).toBe(true);
  // Not one that was: whoever asks is not told more than that it is too high.
  expect(heights.allows('v0', 480, 99)).toBe(false);
});

test('the first rendition of a run to begin is not taken for the smallest while smaller ones are about to', () => {
  const heights = heightsOf({ v0: 1080, v1: 540 });
  heights.begin(2, ['v0', 'v1']);
  heights.put('v0', 1080);
  expect(heights.allows('v0', 540)).toBe(false);
  expect(heights.allows('v1', 540)).toBe(true);
  heights.put('v1', 720);
  expect([heights.allows('v0', 540), heights.allows('v1', 540)]).toEqual([false, true]);
});

test('as many runs are remembered as init segments are', () => {
  const heights = heightsOf(...Array.from({ length: 100 }, () => ({ v0: 1080, v1: 540 })));
  expect(heights.allows('v1', 360, 37)).toBe(true);
  expect(heights.allows('v1', 360, 36)).toBe(false);
});
