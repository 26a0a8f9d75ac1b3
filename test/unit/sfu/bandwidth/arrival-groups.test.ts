import { expect, test } from 'vitest';
import { ArrivalGroups } from '#src/sfu/bandwidth/arrival-groups.ts';

/** Feeds packets; returns the deltas of every completed group. */
function deltas(packets: readonly (readonly [sentMs: number, arrivedMs: number])[]): number[][] {
  const groups = new ArrivalGroups();
  const out: number[][] = [];
  for (const [sentMs, arrivedMs] of packets)
    if (groups.add(sentMs, arrivedMs)) out.push([groups.sendDeltaMs, groups.arrivalDeltaMs]);
  return out;
}

test('packets sent together are one group, whose last arrival counts', () => {
  const told = deltas([
    [0, 100],
    [1, 108],
    [33, 135],
    [34, 143],
    [66, 190],
    [99, 201],
  ]);
  expect(told).toEqual([
    [33, 35],
    [32, 47],
  ]);
});

test('packets that left a queue together are one group too', () => {
  const told = deltas([
    [0, 100],
    [20, 160],
    [40, 161],
    [60, 162],
    [120, 220],
    [140, 240],
  ]);
  expect(told).toEqual([
    [60, 62],
    [60, 58],
  ]);
});

test('late news of an older group is ignored', () => {
  const told = deltas([
    [0, 100],
    [20, 120],
    [5, 300],
    [40, 140],
    [60, 160],
  ]);
  expect(told).toEqual([
    [20, 20],
    [20, 20],
  ]);
});

test('a receiver whose clock jumps is no queue: grouping begins anew', () => {
  const told = deltas([
    [0, 100],
    [20, 120],
    [40, 50_140],
    [60, 50_160],
    [80, 50_180],
    [100, 50_200],
    [120, 50_220],
  ]);
  expect(told.every(([send, arrival]) => send === 20 && arrival === 20)).toBe(true);
  expect(told.length).toBeGreaterThanOrEqual(2);
});

test('three groups in a row that arrive before their predecessor: the receiver began anew', () => {
  const told = deltas([
    [0, 1300],
    [20, 1100],
    [40, 900],
    [60, 700],
    [80, 500],
    [100, 520],
    [120, 540],
    [140, 560],
  ]);
  expect(told).toEqual([
    [20, 20],
    [20, 20],
  ]);
});

test('a receiver clock set back an hour holds nothing up', () => {
  const told = deltas(
    Array.from({ length: 20 }, (_, i) => [20 * i, (i < 3 ? 3_600_000 : 0) + 20 * i] as const),
  );
  expect(told.length).toBeGreaterThanOrEqual(10);
});
