import { expect, test } from 'vitest';
import { pastMs, squeezed } from '#src/bridge/past.ts';

test('pictures of the past share the first moment, in their order; the others keep their times', () => {
  const times = Array.from({ length: 250 }, (_, index) => squeezed(((index - 249) * 1_000) / 30, -8_300));
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBe(0);
  const past = times.slice(0, -1);
  for (const [index, timeMs] of past.entries())
    if (index > 0) expect(timeMs - (past[index - 1] ?? 0)).toBeGreaterThan(0.01);
  expect(Math.max(...past)).toBeLessThan(pastMs);
  expect(squeezed(33, -8_300)).toBe(33);
});

test('what says to be older than the first is given with it', () => {
  expect(squeezed(-8_301, -8_300)).toBe(0);
});

test('without a past nothing changes', () => {
  expect(squeezed(-1.5, 0)).toBe(-1.5);
  expect(squeezed(0, 0)).toBe(0);
});
