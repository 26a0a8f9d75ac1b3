import { expect, test } from 'vitest';
import { RungAlignment, type PlacedSample } from '#src/hls/rung-alignment.ts';
import type { TimedSample } from '#src/hls/samples.ts';

const frameMs = 40;

function picture(index: number): TimedSample {
  return {
    ...{ decodeTicks: index, durationTicks: 1, offsetTicks: 0, flags: 0, data: new Uint8Array() },
    ...{ startMs: index * frameMs, durationMs: frameMs, independent: index % 25 === 0 },
  };
}

function follow(alignment: RungAlignment, id: string, index: number): readonly PlacedSample[] {
  return alignment.follow(id, { sample: picture(index), shownMs: index * frameMs });
}

const cutsOf = (placed: readonly PlacedSample[]): number[] =>
  placed.filter(({ cut }) => cut).map(({ sample }) => sample.decodeTicks);

test('a rung behind the leader begins its segments with the same pictures', () => {
  const alignment = new RungAlignment();
  alignment.begin(['v1', 'v2']);
  expect([alignment.follows('v0'), alignment.follows('v1')]).toEqual([false, true]);
  const placed: PlacedSample[] = [];
  for (let index = 0; index < 100; index += 1) {
    if (index === 50 || index === 75) alignment.cut();
    placed.push(...alignment.lead(index * frameMs));
    for (const id of ['v1', 'v2']) if (index >= 5) placed.push(...follow(alignment, id, index - 5));
  }
  for (const id of ['v1', 'v2']) {
    const own = placed.filter(({ rendition }) => rendition === id);
    expect(own.map(({ sample }) => sample.decodeTicks)).toEqual(Array.from({ length: 95 }, (_, n) => n));
    expect(cutsOf(own)).toEqual([50, 75]);
  }
});

test('a rung that is ahead waits until the leader has decided', () => {
  const alignment = new RungAlignment();
  alignment.begin(['v1']);
  expect(follow(alignment, 'v1', 0)).toEqual([]);
  expect(follow(alignment, 'v1', 1)).toEqual([]);
  expect(alignment.lead(0).map(({ sample }) => sample.decodeTicks)).toEqual([0]);
  alignment.cut();
  expect(cutsOf(alignment.lead(frameMs))).toEqual([1]);
});

test('a leader with B-frames: its pictures come in another order and its decoding times are earlier', () => {
  const alignment = new RungAlignment();
  alignment.begin(['v1']);
  const placed: PlacedSample[] = [];
  // I P B B, and again: shown 0 3 1 2, then 4 (a keyframe) 7 5 6.
  for (const [step, shown] of [0, 3, 1, 2, 4, 7, 5, 6].entries()) {
    if (shown === 4) alignment.cut();
    placed.push(...alignment.lead(shown * frameMs));
    placed.push(...follow(alignment, 'v1', step));
  }
  expect(placed.map(({ sample }) => sample.decodeTicks)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(cutsOf(placed)).toEqual([4]);
});

test('a leader that stands still is not waited for, and what waits at the end comes out', () => {
  const alignment = new RungAlignment();
  alignment.begin(['v1']);
  alignment.lead(0);
  let released = 0;
  for (let index = 0; index < 400; index += 1) released += follow(alignment, 'v1', index).length;
  expect(released).toBeGreaterThan(250);
  expect(released + alignment.rest('v1').length).toBe(400);
  expect(alignment.rest('v0')).toEqual([]);
});
