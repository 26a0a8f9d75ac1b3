import { expect, test } from 'vitest';
import { MinuteCount } from '#src/hls/captions/limits.ts';

test('so many a minute, then it tells how long to wait', () => {
  const count = new MinuteCount(3);
  expect([0, 1, 2].map((nowMs) => count.take(100_000 + nowMs))).toEqual([0, 0, 0]);
  expect(count.take(110_000)).toBe(50_000);
  expect(count.take(159_999)).toBe(1);
  expect(count.take(160_000)).toBe(0);
});

test('a clock that was set back begins a new minute', () => {
  const count = new MinuteCount(1);
  expect(count.take(100_000)).toBe(0);
  expect(count.take(99_999)).toBe(0);
});
