import { expect, test } from 'vitest';
import { rounded } from '#src/core/rounding.ts';

test('keeps so many decimals and no tail of a binary fraction', () => {
  expect(rounded(29.999812, 2)).toBe(30);
  expect(rounded(0.1 + 0.2, 6)).toBe(0.3);
  expect(rounded(-1.25, 1)).toBe(-1.2);
  expect(rounded(7, 0)).toBe(7);
});
