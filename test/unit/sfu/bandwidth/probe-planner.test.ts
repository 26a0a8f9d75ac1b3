import { expect, test } from 'vitest';
import { ProbePlanner } from '#src/sfu/bandwidth/probe-planner.ts';
import type { ProbeFacts } from '#src/sfu/bandwidth/probe-planner.ts';

const facts: ProbeFacts = {
  calm: true,
  sustained: false,
  estimateBps: 800_000,
  goalBps: 1_000_000,
  topBps: 3_000_000,
  rttMs: 50,
  jitterMs: 0,
};

/** Ticks from one second to another over a path that carries everything; when clusters began, in seconds, and their targets. */
function run(
  planner: ProbePlanner,
  from: number,
  to: number,
  change: Partial<ProbeFacts> = {},
): [number, number][] {
  const began: [number, number][] = [];
  const { cluster } = planner;
  for (let nowMs = 1000 * from; nowMs < 1000 * to; nowMs += 10) {
    const { id } = cluster;
    planner.plan({ ...facts, ...change }, nowMs);
    if (cluster.id !== id) began.push([nowMs / 1000, cluster.targetBps]);
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      cluster.sent(1000, nowMs);
      cluster.acked(1000, nowMs, nowMs);
    }
  }
  return began;
}

test('begins with three times the start, goes on to what the top rung takes, and proves that by a longer burst', () => {
  const planner = new ProbePlanner(500_000);
  const began = run(planner, 0, 0.4, { topBps: 8_000_000 });
  expect(began.map(([, target]) => target)).toEqual([1_500_000, 3_000_000, 8_000_000, 8_000_000]);
  expect(planner.cluster.sentPackets).toBeGreaterThanOrEqual((8_000_000 * 0.12) / 8000);
});

test('goes for the top at once where that is not much more', () => {
  const [first] = run(new ProbePlanner(500_000), 0, 0.4);
  expect(first?.[1]).toBe(3_000_000);
});

test('a path that lets short bursts through is seen through by the longer one', () => {
  const planner = new ProbePlanner(500_000);
  const { cluster } = planner;
  const shown: number[] = [];
  let allowance = 16_000;
  let freeMs = 0;
  for (let nowMs = 0; nowMs < 1000; nowMs += 10) {
    const bps = planner.plan(facts, nowMs);
    if (bps > 0) shown.push(bps);
    allowance = Math.min(16_000, allowance + 1250);
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      cluster.sent(1000, nowMs);
      allowance -= 1000;
      // 1 Mbit/s once the allowance is used up.
      freeMs = allowance > 0 ? nowMs : Math.max(freeMs, nowMs) + 8;
      cluster.acked(1000, nowMs, freeMs);
    }
  }
  expect(shown.length).toBeGreaterThan(0);
  expect(Math.max(...shown)).toBeLessThan(1_200_000);
});

test('a first probe that shows little is tried again soon', () => {
  const planner = new ProbePlanner(800_000);
  const began: number[] = [];
  const { cluster } = planner;
  for (let nowMs = 0; nowMs < 3000; nowMs += 10) {
    const { id } = cluster;
    planner.plan({ ...facts, goalBps: 3_000_000 }, nowMs);
    if (cluster.id !== id) began.push(nowMs);
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      cluster.sent(1000, nowMs);
      cluster.lost();
    }
  }
  expect(began[1]).toBeLessThan(700);
  expect(began.length).toBe(2);
});

test('does not probe when there is nothing to gain, or while the path is not calm', () => {
  expect(run(new ProbePlanner(800_000), 0, 10, { goalBps: 0 })).toEqual([]);
  expect(run(new ProbePlanner(800_000), 0, 10, { calm: false })).toEqual([]);
});

test('waits longer after each failure, but never more than eight seconds', () => {
  const planner = new ProbePlanner(800_000);
  const { cluster } = planner;
  const began: number[] = [];
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    const { id } = cluster;
    planner.plan(facts, nowMs);
    if (cluster.id !== id) began.push(nowMs);
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      cluster.sent(1000, nowMs);
      cluster.lost();
    }
  }
  // The first ones are made up for soon.
  began.splice(0, 1);
  const waits = began.slice(1).map((at, i) => at - (began[i] ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(3000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(8200);
  expect(waits.at(-1)).toBeGreaterThan(7500);
});

test('asks again soon after a sudden drop, unless its own promise caused it', () => {
  const planner = new ProbePlanner(800_000);
  const planned = { goalBps: 1_000_000, estimateBps: 1_200_000 };
  const lossy = new ProbePlanner(800_000);
  for (let nowMs = 0; nowMs < 1500; nowMs += 10) {
    lossy.plan(facts, nowMs);
    for (let due = lossy.cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      lossy.cluster.sent(1000, nowMs);
      lossy.cluster.lost();
    }
  }
  lossy.dropped(1500);
  const [first] = run(lossy, 1.5, 5.8, planned);
  expect(first?.[0]).toBeGreaterThanOrEqual(2.9);
  expect(first?.[0]).toBeLessThanOrEqual(3.1);
  run(planner, 0, 5.8, planned);
  // The last cluster succeeded: the drop that follows is its failure.
  run(planner, 5.8, 6, { goalBps: 0 });
  planner.dropped(6000);
  const [next] = run(planner, 6, 15);
  expect(next?.[0]).toBeGreaterThanOrEqual(9);
});

test('without transport feedback a probe lasts, longer after each failure, and the receiver’s own estimate judges', () => {
  const planner = new ProbePlanner(800_000);
  const { cluster } = planner;
  const lengths: number[] = [];
  let beganMs = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    const [{ id }, wasSending] = [cluster, cluster.sending];
    planner.plan({ ...facts, sustained: true }, nowMs);
    if (cluster.id !== id) beganMs = nowMs;
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) cluster.sent(1000, nowMs);
    if (wasSending && !cluster.sending) lengths.push(nowMs - beganMs);
  }
  expect(lengths.length).toBeGreaterThan(3);
  expect(lengths[0]).toBeGreaterThanOrEqual(180);
  expect(lengths.every((length, i) => i === 0 || length >= (lengths[i - 1] ?? 0))).toBe(true);
  expect(Math.max(...lengths)).toBeGreaterThan(600);
});
