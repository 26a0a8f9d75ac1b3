import { describe, expect, test } from 'vitest';
import { ListedDurations, PartCutter, type Cut } from '#src/hls/parts.ts';
import type { TimedSample } from '#src/hls/samples.ts';

function cutAll(
  durationsMs: readonly number[],
  targetMs: number,
): { readonly cuts: Cut[]; readonly rest: Cut | undefined } {
  const cutter = new PartCutter(targetMs);
  const cuts: Cut[] = [];
  let startMs = 10_000;
  const take = (): void => {
    const cut = cutter.take();
    if (cut) cuts.push(cut);
  };
  durationsMs.forEach((durationMs, index) => {
    const sample = sampleAt(startMs, durationMs, index === 0);
    if (cutter.endsBefore(sample)) take();
    cutter.add(sample);
    if (cutter.full) take();
    startMs += durationMs;
  });
  return { cuts, rest: cutter.take() };
}

function sampleAt(startMs: number, durationMs: number, independent = false): TimedSample {
  const ticks = { decodeTicks: 0, durationTicks: 0, offsetTicks: 0, flags: 0 };
  return { ...ticks, data: new Uint8Array(1), startMs, durationMs, independent };
}

const lengths = (cuts: readonly Cut[]): number[] => cuts.map((cut) => cut.samples.length);
const frames = (count: number, durationMs = 1000 / 30): number[] =>
  Array.from({ length: count }, () => durationMs);

describe('a part', () => {
  test('is complete before the next frame comes', () => {
    const { cuts, rest } = cutAll(frames(12), 216.67);
    expect(lengths(cuts)).toEqual([6, 6]);
    expect(rest).toBeUndefined();
  });

  test('has the same number of frames when times are rounded to milliseconds', () => {
    const rounded = frames(30).map((_, index) => (index % 3 === 0 ? 34 : 33));
    expect(lengths(cutAll(rounded, 216.67).cuts)).toEqual([6, 6, 6, 6, 6]);
  });

  test('is not cut short because one frame was late', () => {
    const { cuts } = cutAll([...frames(3), 66.7, ...frames(14)], 216.67);
    expect(cuts[0]?.samples).toHaveLength(5);
    for (const cut of cuts) expect(cut.endMs - cut.startMs).toBeGreaterThan(0.85 * 216.67);
  });

  test('that is long enough ends in front of a frame that does not fit', () => {
    const { cuts, rest } = cutAll([50, 50, 50, 40, 100], 220);
    expect(lengths(cuts)).toEqual([4]);
    expect(rest?.samples).toHaveLength(1);
  });

  test('that is too short takes a long frame in: publishers freeze', () => {
    const { cuts } = cutAll([...frames(2), 900, ...frames(6)], 216.67);
    expect(lengths(cuts)).toEqual([3, 6]);
  });

  test('is independent when any of its frames is', () => {
    const { cuts } = cutAll(frames(12), 216.67);
    expect(cuts.map((cut) => cut.independent)).toEqual([true, false]);
  });
});

describe('listed durations', () => {
  test('are the true ones as long as these fit', () => {
    const listed = new ListedDurations(216.67);
    listed.begin(1_000);
    expect(listed.next(1_200)).toBeCloseTo(200);
    expect(listed.next(1_400)).toBeCloseTo(200);
  });

  test('never exceed the target, and the following parts carry the excess until the sum is true', () => {
    const listed = new ListedDurations(220);
    listed.begin(0);
    const all = [240, 440, 640, 840].map((endMs) => listed.next(endMs));
    expect(Math.max(...all)).toBeLessThanOrEqual(220);
    expect(all[0]).toBe(220);
    expect(all.reduce((sum, each) => sum + each, 0)).toBeCloseTo(840);
  });

  test('gaps bring the sum to the truth, none longer than the target', () => {
    const listed = new ListedDurations(220);
    listed.begin(0);
    expect(listed.next(700)).toBe(220);
    expect(listed.gaps(700)).toEqual([160, 160, 160]);
    expect(listed.next(900)).toBeCloseTo(200);
    expect(listed.gaps(900)).toEqual([]);
  });

  test('a new segment begins without debts', () => {
    const listed = new ListedDurations(220);
    listed.begin(0);
    listed.next(1_000);
    listed.begin(1_000);
    expect(listed.next(1_200)).toBe(200);
  });
});
