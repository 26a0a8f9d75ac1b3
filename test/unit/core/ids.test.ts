import { expect, test } from 'vitest';
import { newSessionId, parseStreamId } from '#src/core/ids.ts';
import { randomIceChars, randomUint32 } from '#src/core/random.ts';

test.each(['a', 'Live-1', '0.x_y', 'a'.repeat(64)])('%s is a stream name', (text) => {
  expect(parseStreamId(text)).toBe(text);
});

test.each(['', '.a', '-a', 'a/b', 'a b', 'ä', '..', 'a\0', 'a'.repeat(65), 'a\n'])('%j is none', (text) => {
  expect(parseStreamId(text)).toBeUndefined();
});

test('random names have the length and letters that the specifications ask for', () => {
  const ids = new Set(Array.from({ length: 1_000 }, newSessionId));
  expect(ids.size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(randomIceChars(24)).toMatch(/^[A-Za-z0-9+/]{24}$/);
  expect(randomUint32()).toBeGreaterThan(0);
});
