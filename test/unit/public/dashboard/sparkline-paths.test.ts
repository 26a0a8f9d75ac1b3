import { expect, it } from 'vitest';
import { niceCeiling, sparklinePaths } from '#public/dashboard/sparkline-paths.ts';

it('rounds the scale up to numbers people read easily', () => {
  expect([0, 1, 1.1, 2.2, 3, 7, 2_070_000].map(niceCeiling)).toEqual([1, 1, 2, 2.5, 5, 10, 2_500_000]);
  expect(niceCeiling(Number.NaN)).toBe(1);
});

it('draws the newest values at the right edge, zero at the bottom and the top value at the top', () => {
  const { line, area, top } = sparklinePaths([0, 100], 11);
  expect(top).toBe(100);
  expect(line).toBe('M90.0 29.0L100.0 1.0');
  expect(area).toBe('M90.0 29.0L100.0 1.0L100 30L90.0 30Z');
});

it('keeps only what fits and draws nothing from a single value', () => {
  expect(sparklinePaths([9, 9, 9, 0, 0], 2).line).toBe('M0.0 29.0L100.0 29.0');
  expect(sparklinePaths([5], 10).line).toBe('');
});
