import { expect, test } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import { RateLimit } from '#src/http/limits-rate.ts';

test('points are taken by name, and who has none left is told when to come again', async () => {
  const limit = new RateLimit(() => 3);
  for (let taken = 0; taken < 3; taken++) await limit.take('a', 1);
  await limit.take('b', 3);
  const refusal = await limit.take('a', 1).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Failure);
  expect(refusal).toMatchObject({ kind: 'too-many', code: 'rate-limited' });
  const { retryAfterMs = 0 } = refusal as Failure;
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(10_000);
});

test('parts of a point count, looking costs nothing, and a charge is felt the next time', async () => {
  const limit = new RateLimit(() => 1);
  for (let taken = 0; taken < 4; taken++) await limit.take('a', 0.25);
  await limit.take('a', 0);
  await limit.charge('a', 0.25);
  await expect(limit.take('a', 0)).rejects.toThrow(Failure);
});

test('a changed setting acts at once', async () => {
  let points = 1;
  const limit = new RateLimit(() => points);
  await limit.take('a', 1);
  await expect(limit.take('a', 1)).rejects.toThrow(Failure);
  points = 10;
  await limit.take('a', 1);
});

test('a flood of names takes no more than the slots there are', async () => {
  const limit = new RateLimit(() => 1_000_000);
  for (let name = 0; name < 70_000; name++) await limit.take(String(name), 1);
  // Seventy thousand names in at most 65,536 slots: some share one, so that one name's points are not its own alone.
  const shared = new RateLimit(() => 1);
  let refused = 0;
  for (let name = 0; name < 5_000; name++)
    await shared.take(String(name), 1).catch((error: unknown) => {
      expect(error).toBeInstanceOf(Failure);
      refused++;
    });
  // By chance about 5000 * 5000 / (2 * 65536) = 190 pairs meet.
  expect(refused).toBeGreaterThan(50);
  expect(refused).toBeLessThan(500);
});
