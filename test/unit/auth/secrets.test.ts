import { expect, test } from 'vitest';
import { digestOf, fingerprint, sameDigest } from '#src/auth/secrets.ts';
import { sha256Hex } from '#test/kit/tokens.ts';

test('a digest is compared with what a setting holds', () => {
  expect(sameDigest(digestOf('key'), sha256Hex('key'))).toBe(true);
  expect(sameDigest(digestOf('key'), sha256Hex('Key'))).toBe(false);
  expect(sameDigest(digestOf('key'), 'ab')).toBe(false);
});

test('a fingerprint is the same for the same secret, and shows none of it nor of its hash', () => {
  expect(fingerprint('key')).toBe(fingerprint('key'));
  expect(fingerprint('key')).not.toBe(fingerprint('other'));
  expect(fingerprint('key')).toMatch(/^[\w-]{22}$/);
  expect(sha256Hex('key')).not.toContain(
    Buffer.from(fingerprint('key'), 'base64url').toString('hex').slice(0, 8),
  );
});
