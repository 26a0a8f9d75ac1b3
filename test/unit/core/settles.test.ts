import { expect, test } from 'vitest';
import { settlesWithin } from '#src/core/settles.ts';

test('what settles in time is told from what does not, and failures are not ours', async () => {
  expect(await settlesWithin(Promise.resolve(), 10_000)).toBe(true);
  expect(await settlesWithin(Promise.reject(new Error('elsewhere')), 10_000)).toBe(true);
  expect(await settlesWithin(new Promise(() => undefined), 5)).toBe(false);
});
