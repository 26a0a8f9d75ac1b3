import { describe, expect, test } from 'vitest';
import { simulate } from './simulator.ts';
import type { Run } from './simulator.ts';

const mbps = 1_000_000;
const layers = { low: 0, middle: 1, top: 2 };

/** 5 Mbit/s, then less from 20 s on, then 5 again. */
const dip =
  (bps: number, untilSecond = 45) =>
  (second: number): number =>
    second < 20 || second >= untilSecond ? 5 * mbps : bps;

const wide = (): number => 5 * mbps;

/** Longest queue between two times. */
function longestQueueMs(run: Run, from: number, to: number): number {
  return Math.max(...run.queueMs.slice(100 * from, 100 * to));
}

/** Share of the time, from a second on, at which a rung or a higher one was chosen. */
function shareAtLeast(run: Run, rung: number, from: number, to: number): number {
  let at = 0;
  for (let second = from; second < to; second += 0.1) if (run.rungAt(second) >= rung) at += 1;
  return at / ((to - from) * 10);
}

function downs(run: Run): number {
  return run.changes.filter(({ rung, paused }, i) => paused || rung < (run.changes[i - 1]?.rung ?? 0)).length;
}

describe.each([50, 100])('feedback every %i ms', (feedbackEveryMs) => {
  test('a path of 5 Mbit/s: the top layer soon, with hardly any probing', () => {
    const run = simulate({ seconds: 20, capacityBps: wide, feedbackEveryMs });
    expect(run.reached(layers.top)).toBeLessThan(10);
    expect(downs(run)).toBe(0);
    expect(run.probeBytes / run.mediaBytes).toBeLessThan(0.01);
  });

  test('5 to 1 Mbit/s and back: lower at once, no lasting queue, top again within 15 s', () => {
    const run = simulate({ seconds: 65, capacityBps: dip(mbps), feedbackEveryMs });
    expect(run.fellTo(layers.middle, 20)).toBeLessThan(21.5);
    expect(longestQueueMs(run, 22, 45)).toBeLessThan(150);
    expect(shareAtLeast(run, layers.low, 21, 45)).toBe(1);
    expect(run.reached(layers.top, 45)).toBeLessThan(60);
    expect(run.rungAt(64)).toBe(layers.top);
  });
});

test('however long the bottleneck lasted, the top is back within 15 s', () => {
  const run = simulate({ seconds: 220, capacityBps: dip(mbps, 200) });
  expect(run.reached(layers.top, 200)).toBeLessThan(215);
});

test('a token bucket that lets bursts through does not fool it', () => {
  const run = simulate({ seconds: 65, capacityBps: dip(mbps), bucketBytes: 8000 });
  expect(run.fellTo(layers.middle, 20)).toBeLessThan(21.5);
  expect(shareAtLeast(run, layers.top, 22, 45)).toBe(0);
  expect(run.reached(layers.top, 45)).toBeLessThan(60);
});

test('5 to 0.4 Mbit/s: the smallest layer within 1.5 s, and never paused', () => {
  const run = simulate({ seconds: 65, capacityBps: dip(0.4 * mbps) });
  expect(run.fellTo(layers.low, 20)).toBeLessThan(21.5);
  expect(shareAtLeast(run, layers.low, 20, 65)).toBe(1);
  expect(run.reached(layers.top, 45)).toBeLessThan(60);
});

test('5 to 0.1 Mbit/s: video pauses, audio flows without a queue, and all comes back', () => {
  const run = simulate({ seconds: 70, capacityBps: dip(0.1 * mbps) });
  expect(run.fellTo(-1, 20)).toBeLessThan(25);
  expect(longestQueueMs(run, 26, 28)).toBeLessThan(50);
  expect(run.reached(layers.top, 45)).toBeLessThan(60);
});

test('a path with a long round trip adapts too', () => {
  const run = simulate({ seconds: 65, capacityBps: dip(mbps), delayMs: 150 });
  expect(run.fellTo(layers.middle, 20)).toBeLessThan(21.5);
  expect(run.reached(layers.top, 45)).toBeLessThan(60);
});

test('a bottleneck with hardly a buffer tells by loss alone', () => {
  const run = simulate({ seconds: 65, capacityBps: dip(mbps), queueMs: 30 });
  expect(run.fellTo(layers.middle, 20)).toBeLessThan(21.5);
  expect(shareAtLeast(run, layers.top, 22, 45)).toBe(0);
  expect(run.reached(layers.top, 45)).toBeLessThan(60);
});

test.each([0.01, 0.05])('random loss of %f reaches the top and stays', (loss) => {
  for (const seed of [1, 2, 3]) {
    const run = simulate({ seconds: 30, capacityBps: wide, loss }, seed);
    expect(run.reached(layers.top)).toBeLessThan(15);
    expect(downs(run)).toBe(0);
  }
});

test('random loss of 0.1 stays low, and keeps the picture', () => {
  for (const seed of [1, 2, 3]) {
    const run = simulate({ seconds: 60, capacityBps: wide, loss: 0.1 }, seed);
    expect(shareAtLeast(run, layers.top, 20, 60)).toBeLessThan(0.25);
    expect(shareAtLeast(run, layers.low, 0.1, 60)).toBe(1);
  }
});

test.each([{ jitterMs: 60 }, { reorderMs: 30 }])('jitter is no congestion: %o', (jitter) => {
  for (const seed of [1, 2, 3, 4]) {
    const run = simulate({ seconds: 60, capacityBps: wide, ...jitter }, seed);
    expect(downs(run)).toBe(0);
    expect(run.rungAt(59)).toBeGreaterThanOrEqual(layers.middle);
  }
});

test.each([0.2, 0.5])('feedback of which %f is lost still lifts and never lowers', (feedbackLoss) => {
  for (const seed of [1, 2]) {
    const run = simulate({ seconds: 40, capacityBps: wide, feedbackLoss }, seed);
    expect(run.reached(layers.top)).toBeLessThan(20);
    expect(downs(run)).toBe(0);
  }
});

test('a keyframe ten times as large every four seconds is no congestion where there is room', () => {
  const run = simulate({ seconds: 60, capacityBps: wide, keyframeFactor: 10 });
  expect(run.reached(layers.top)).toBeLessThan(10);
  expect(downs(run)).toBe(0);
});

test('a sender of one small layer is neither probed nor lowered', () => {
  const run = simulate({ seconds: 60, capacityBps: wide, rungsBps: [150_000] });
  expect(run.probeBytes).toBe(0);
  expect(Math.min(...run.estimatesBps)).toBeGreaterThanOrEqual(800_000);
  expect(downs(run)).toBe(0);
});

test('a path that never carries the next layer is asked now and then, for little', () => {
  const run = simulate({ seconds: 60, capacityBps: () => 0.9 * mbps });
  expect(shareAtLeast(run, layers.low, 0.1, 60)).toBe(1);
  expect(shareAtLeast(run, layers.middle, 0, 60)).toBeLessThan(0.1);
  expect(run.probeBytes / run.mediaBytes).toBeLessThan(0.05);
  expect(longestQueueMs(run, 5, 60)).toBeLessThan(150);
});

describe('a viewer that wants less than its path carries', () => {
  test('is not tried with more than it may take, and has all soon after it wants all', () => {
    const narrow = { seconds: 15, capacityBps: wide, mostRungs: () => 1 };
    const small = simulate(narrow);
    expect([small.probeBytes, small.rungAt(14)]).toEqual([0, layers.low]);
    const run = simulate({ ...narrow, seconds: 30, mostRungs: (second) => (second < 15 ? 1 : 3) });
    expect(run.reached(layers.top, 15)).toBeLessThan(22);
    expect(downs(run)).toBe(0);
  });

  test('goes down at once when it wants less, and up at once again where it had been before', () => {
    const mostRungs = (second: number): number => (second >= 15 && second < 17 ? 1 : 3);
    const run = simulate({ seconds: 25, capacityBps: wide, mostRungs });
    expect(run.rungAt(14.9)).toBe(layers.top);
    expect(run.fellTo(layers.low, 15)).toBeLessThan(15.2);
    expect(run.reached(layers.top, 17)).toBeLessThan(17.2);
  });
});
