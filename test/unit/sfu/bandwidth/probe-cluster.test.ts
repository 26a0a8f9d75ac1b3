import { expect, test } from 'vitest';
import { ProbeCluster } from '#src/sfu/bandwidth/probe-cluster.ts';

interface Sent {
  readonly bytes: number;
  readonly sentMs: number;
}

/** Sends a cluster as a caller does, on ticks of 10 ms; returns its packets. */
function send(cluster: ProbeCluster, targetBps: number, durationMs = 30): Sent[] {
  const packets: Sent[] = [];
  cluster.begin(targetBps, durationMs, 0);
  for (let nowMs = 0; nowMs < 1000 && cluster.sending; nowMs += 10) {
    for (let due = cluster.dueBytes(nowMs); due > 0; due -= 1000) {
      cluster.sent(1000, nowMs);
      packets.push({ bytes: 1000, sentMs: nowMs });
    }
  }
  return packets;
}

/** Lets them arrive through a bottleneck. */
function arrive(cluster: ProbeCluster, packets: readonly Sent[], capacityBps: number): void {
  let freeMs = 0;
  for (const { bytes, sentMs } of packets) {
    freeMs = Math.max(freeMs, sentMs) + (8000 * bytes) / capacityBps;
    cluster.acked(bytes, sentMs, 50_000 + freeMs);
  }
}

test('sends at the pace asked for, and no more than planned', () => {
  const cluster = new ProbeCluster();
  const packets = send(cluster, 3_000_000);
  expect(packets.map(({ sentMs }) => sentMs)).toEqual([0, 0, 0, 0, 10, 10, 10, 10, 20, 20, 20, 20]);
  expect(cluster.dueBytes(30)).toBe(0);
});

test('sends at least five packets, however slowly', () => {
  const cluster = new ProbeCluster();
  const packets = send(cluster, 200_000);
  expect(packets).toHaveLength(5);
  expect(packets.at(-1)?.sentMs).toBeGreaterThanOrEqual(150);
});

test('a wide path shows the target; a narrow one what it carries, less a reserve', () => {
  const cluster = new ProbeCluster();
  arrive(cluster, send(cluster, 3_000_000), 20_000_000);
  expect(cluster.settled(60)).toBe(true);
  expect(cluster.resultBps()).toBe(3_000_000);
  arrive(cluster, send(cluster, 3_000_000), 1_000_000);
  expect(cluster.resultBps()).toBeCloseTo(950_000, -4);
});

test('proves nothing with too few packets, too many lost, or arrivals faster than anything was sent', () => {
  const cluster = new ProbeCluster();
  cluster.begin(3_000_000, 30, 0);
  cluster.sent(1000, 0);
  cluster.stop();
  expect(cluster.resultBps()).toBe(0);
  const packets = send(cluster, 3_000_000);
  arrive(cluster, packets.slice(0, 8), 20_000_000);
  for (let i = 0; i < 4; i += 1) cluster.lost();
  expect(cluster.settled(60)).toBe(true);
  expect(cluster.resultBps()).toBe(0);
  for (const { bytes, sentMs } of send(cluster, 3_000_000))
    cluster.acked(bytes, sentMs, 50_000 + sentMs / 10);
  expect(cluster.resultBps()).toBe(0);
});

test('waits a second for what is not told, and gives up when nothing could be sent', () => {
  const cluster = new ProbeCluster();
  send(cluster, 3_000_000);
  expect(cluster.settled(900)).toBe(false);
  expect(cluster.settled(1100)).toBe(true);
  cluster.begin(3_000_000, 30, 2000);
  expect(cluster.dueBytes(2000)).toBeGreaterThan(0);
  expect(cluster.dueBytes(2600)).toBe(0);
  expect(cluster.sending).toBe(false);
});
