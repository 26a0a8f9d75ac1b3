import { expect, test } from 'vitest';
import { RoundTrips } from '#src/sfu/round-trips.ts';

const half = 65_536 / 2;

test('an answer counts from when its timestamp was sent, less the time it was held', () => {
  const trips = new RoundTrips();
  trips.note(7, 1_000);
  trips.note(8, 2_000);
  expect(trips.rttMs(7, half, 1_580)).toBeCloseTo(80, 3);
  expect(trips.rttMs(8, 0, 2_030)).toBe(30);
});

test('answers to nothing, to what was long ago, and impossible ones tell nothing or no less than zero', () => {
  const trips = new RoundTrips();
  expect(trips.rttMs(7, 0, 5)).toBeUndefined();
  for (let i = 1; i <= 9; i += 1) trips.note(i, i * 1_000);
  expect(trips.rttMs(0, 0, 10_000)).toBeUndefined();
  expect(trips.rttMs(1, 0, 10_000)).toBeUndefined();
  expect(trips.rttMs(2, 0, 40_000)).toBeUndefined();
  expect(trips.rttMs(9, half, 9_100)).toBe(0);
});
