import { expect, test } from 'vitest';
import { LinkCapacity } from '#src/sfu/bandwidth/link-capacity.ts';

test('knows what was carried when a queue grew, and forgets', () => {
  const capacity = new LinkCapacity();
  expect(capacity.known).toBe(false);
  capacity.overused(1_000_000);
  expect(capacity).toMatchObject({ known: true, bps: 1_000_000 });
  expect(capacity.upperBps).toBeGreaterThan(1_000_000);
  capacity.forget();
  expect(capacity.known).toBe(false);
});

test('moves slowly with what it sees, and at once when the path became much narrower', () => {
  const capacity = new LinkCapacity();
  capacity.overused(1_000_000);
  capacity.overused(1_020_000);
  expect(capacity.bps).toBeGreaterThan(1_000_000);
  expect(capacity.bps).toBeLessThan(1_010_000);
  capacity.overused(300_000);
  expect(capacity.bps).toBe(300_000);
});
