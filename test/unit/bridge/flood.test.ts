import { expect, test } from 'vitest';
import { FloodGuard } from '#src/bridge/flood.ts';

test('some lines now and then are no flood, however long it goes on', () => {
  const guard = new FloodGuard();
  for (let atMs = 0; atMs < 3_600_000; atMs += 1_000) expect(guard.add(2_000, atMs)).toBe(false);
});

test('a quarter of a megabyte within ten seconds is one, with line breaks or without', () => {
  const guard = new FloodGuard();
  let floods = false;
  for (let atMs = 0; atMs < 1_000; atMs += 10) floods ||= guard.add(4_096, atMs);
  expect(floods).toBe(true);
});
