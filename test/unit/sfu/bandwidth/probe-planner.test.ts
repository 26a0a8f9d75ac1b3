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

test('begins with three times the start, then doubles up to what the top rung takes', () => {
  const began = run(new ProbePlanner(500_000), 0, 0.5);
  expect(began.slice(0, 2).map(([, target]) => target)).toEqual([1_500_000, 3_000_000]);
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
  const waits = began.slice(1).map((at, i) => at - (began[i] ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(3000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(8200);
  expect(waits.at(-1)).toBeGreaterThan(7500);
});

test('asks again soon after a sudden drop, unless its own promise caused it', () => {
  const planner = new ProbePlanner(800_000);
  run(planner, 0, 1);
  planner.dropped(1000);
  const [first] = run(planner, 1, 5.8);
  expect(first?.[0]).toBeGreaterThanOrEqual(2.4);
  expect(first?.[0]).toBeLessThanOrEqual(2.6);
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
