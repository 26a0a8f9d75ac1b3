import { expect, it } from 'vitest';

import { stretch, until } from '#test/kit/wait.ts';

it('asks until there is an answer, and gives it', async () => {
  const answers = [undefined, false, 0, 1] as const;
  let asked = 0;
  const answer = await until('a number', () => answers[asked++], { timeoutMs: 10_000, everyMs: 1 });
  expect([answer, asked]).toEqual([0, 3]);
});

it('says what it waited for in vain, and what there was instead', async () => {
  const waiting = until('a miracle', () => false, { timeoutMs: 1, everyMs: 1, detail: () => ['rain'] });
  await expect(waiting).rejects.toThrow(/^waited \d+ ms in vain: a miracle: \["rain"\]$/);
});

it('never makes time shorter, nor endless', () => {
  expect(stretch()).toBeGreaterThanOrEqual(1);
  expect(stretch()).toBeLessThanOrEqual(3);
});
