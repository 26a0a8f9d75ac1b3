import { expect, test } from 'vitest';
import { Backlog } from '#src/bridge/backlog.ts';
import { heard, led } from './kept-units.ts';

const key = { keyframe: true };
/** Timestamps of what there is from the first picture with this number on. */
const from = (backlog: Backlog, number: number): readonly number[] | undefined =>
  backlog.from(({ timestamp }) => timestamp >= number * 3_000)?.units.map(({ unit }) => unit.timestamp);

test('nothing is kept before the first keyframe; from there on everything is, in its order', () => {
  const backlog = new Backlog(100);
  expect(backlog.keep(led(1))).toBe(false);
  expect(backlog.keep(heard(40))).toBe(false);
  expect(from(backlog, 0)).toBeUndefined();
  for (const kept of [led(2, key), heard(60), led(3)]) expect(backlog.keep(kept)).toBe(true);
  expect(from(backlog, 0)).toEqual([6_000, 2_880, 9_000]);
  expect(backlog.pictures).toBe(2);
});

test('what is wanted is given from its keyframe on, and no earlier one', () => {
  const backlog = new Backlog(100);
  for (const kept of [led(0, key), led(1), led(2, key), led(3), led(4)]) backlog.keep(kept);
  expect(backlog.from(({ timestamp }) => timestamp > 6_000)?.first.timestamp).toBe(9_000);
  expect(from(backlog, 3)).toEqual([6_000, 9_000, 12_000]);
  expect(from(backlog, 1)).toEqual([0, 3_000, 6_000, 9_000, 12_000]);
  expect(from(backlog, 5)).toBeUndefined();
});

test('what is out leaves up to the last keyframe that is', () => {
  const backlog = new Backlog(100);
  for (let number = 0; number < 9; number += 1) backlog.keep(led(number, { keyframe: number % 3 === 0 }));
  backlog.trim(({ timestamp }) => timestamp <= 4 * 3_000);
  expect(from(backlog, 0)?.[0]).toBe(9_000);
  backlog.trim(() => true);
  expect(from(backlog, 0)?.[0]).toBe(18_000);
  backlog.clear();
  expect([backlog.pictures, from(backlog, 0)]).toEqual([0, undefined]);
});

test('over its bytes the oldest keyframe leaves with what follows it, and a single one too', () => {
  const backlog = new Backlog(100);
  backlog.keep(led(0, { ...key, sizeBytes: 60 }));
  backlog.keep(led(1, { ...key, sizeBytes: 30 }));
  expect(backlog.keep(led(2, { sizeBytes: 20 }))).toBe(true);
  expect(from(backlog, 0)).toEqual([3_000, 6_000]);
  expect(backlog.keep(led(3, { sizeBytes: 51 }))).toBe(false);
  expect(backlog.keep(led(4))).toBe(false);
  expect(backlog.pictures).toBe(0);
  expect(backlog.keep(led(5, key))).toBe(true);
});

test('it holds a thousand pictures, and sound without pictures no more than it may', () => {
  const backlog = new Backlog(1e9);
  for (let number = 0; number < 1_000; number += 1) backlog.keep(led(number, { keyframe: number === 0 }));
  expect(backlog.pictures).toBe(1_000);
  expect(backlog.keep(led(1_000))).toBe(false);
  backlog.keep(led(1_001, key));
  let kept = 0;
  while (backlog.keep(heard(kept))) kept += 1;
  expect(kept).toBe(7_999);
});

test('with no room at all nothing is kept', () => {
  const backlog = new Backlog(0);
  expect(backlog.keep(led(0, key))).toBe(false);
  expect(backlog.pictures).toBe(0);
});
