import { expect, test } from 'vitest';
import { Jobs } from '#src/record/jobs.ts';

test('work is done one piece after the other, and one that fails stops nothing', async () => {
  await using jobs = new Jobs(10);
  const order: string[] = [];
  const first = jobs.add(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('first');
    throw new Error('broken');
  });
  const second = jobs.add(() => {
    order.push('second');
    return Promise.resolve(2);
  });
  expect(jobs.busy).toBe(true);
  await expect(first).rejects.toThrow('broken');
  expect(await second).toBe(2);
  expect(order).toEqual(['first', 'second']);
  expect(jobs.busy).toBe(false);
});

test('what waits is bounded, and called off at the end', async () => {
  const jobs = new Jobs(2);
  const running = jobs.add((signal) => {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('called off')));
    });
  });
  const waiting = jobs.add(() => Promise.resolve());
  expect(() => jobs.add(() => Promise.resolve())).toThrow(/too many/);
  const patient = jobs.add(() => Promise.resolve(), { patient: true });
  const ends = Promise.allSettled([running, waiting, patient]);
  expect(jobs.ended).toBe(false);
  await jobs[Symbol.asyncDispose]();
  expect(jobs.ended).toBe(true);
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
