import { expect, test } from 'vitest';
import { Lifetime } from '#src/core/lifetime.ts';

test('children close in reverse order, once, and the first reason wins', async () => {
  const closed: string[] = [];
  const life = new Lifetime();
  life.defer(() => closed.push('first'));
  life.own({ [Symbol.asyncDispose]: () => Promise.resolve(void closed.push('second')) });
  life.own({ [Symbol.dispose]: () => void closed.push('third') });
  const ends = [life.end({ by: 'peer' }), life.end()];
  await Promise.all(ends);
  expect(closed).toEqual(['third', 'second', 'first']);
  await expect(life.closed).resolves.toEqual({ by: 'peer' });
  expect(life.signal.aborted).toBe(true);
});

test('a child that fails to close keeps no other open, and its error is told', async () => {
  const errors: unknown[] = [];
  const closed: string[] = [];
  const life = new Lifetime((error) => errors.push(error));
  life.defer(() => closed.push('first'));
  life.defer(() => {
    throw new Error('stuck');
  });
  await life.end();
  expect(closed).toEqual(['first']);
  expect(errors).toEqual([new Error('stuck')]);
});

test('what is owned after the end closes at once', async () => {
  const life = new Lifetime();
  await life.end();
  let closed = false;
  life.defer(() => (closed = true));
  expect(closed).toBe(true);
});
