import { expect, test } from 'vitest';
import { Revocations } from '#src/auth/revocations.ts';

test('remembers until the token would have ended anyway, and never forgets one that counts', () => {
  let nowMs = 1_000;
  const revoked = new Revocations(() => nowMs, 2);
  revoked.add('a', 2_000);
  revoked.add('b', 5_000);
  expect(() => revoked.add('c', 5_000)).toThrow(expect.objectContaining({ code: 'too-many-revocations' }));
  revoked.add('a', 3_000);
  nowMs = 3_000;
  revoked.add('c', 5_000);
  expect([revoked.has('a'), revoked.has('b'), revoked.has('c'), revoked.size]).toEqual([
    false,
    true,
    true,
    2,
  ]);
});

test('revoking again never shortens', () => {
  let nowMs = 0;
  const revoked = new Revocations(() => nowMs, 1);
  revoked.add('a', 5_000);
  revoked.add('a', 1_000);
  nowMs = 2_000;
  expect(() => revoked.add('b', 9_000)).toThrow();
  expect(revoked.has('a')).toBe(true);
});
