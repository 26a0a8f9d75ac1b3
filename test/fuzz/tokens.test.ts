import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openAccess } from '#src/auth/authorizer.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import { accessRequest, authSettings, keyPair, sha256Hex, signToken, testNowMs } from '#test/kit/tokens.ts';

const ed = keyPair('ed25519');
const settings = authSettings({
  streamKeys: [{ name: 'studio', sha256: sha256Hex('studio-key'), allow: ['view'] }],
  signingKey: { kid: 'own', algorithm: 'HS256', secret: 'another secret, of the gateway itself' },
});
const access = openAccess({ log: silentLog, loopback: true, nowMs: () => testNowMs }, settings);
const never = new AbortController().signal;

/** How a credential is answered: let in, or the kind of refusal; anything but a Failure fails the test. */
async function outcomeOf(token: string): Promise<string> {
  try {
    await access.authorize(accessRequest({ token }), never);
    return 'in';
  } catch (error) {
    if (error instanceof Failure) {
      if (token.length > 12) expect(error.message).not.toContain(token);
      return error.kind;
    }
    throw error;
  }
}

test('nothing that somebody makes up is let in, and nothing but a refusal comes of it', async () => {
  const part = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.base64String({ maxLength: 60 }),
    fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text).toString('base64url')),
    fc
      .record({
        alg: fc.constantFrom('none', 'HS256', 'EdDSA', 'ES256', 'RS256', 'toString', '__proto__', ''),
        kid: fc.constantFrom('hs', 'own', '../own', 'constructor', '__proto__', '', ' hs'),
        typ: fc.constantFrom('JWT', 'JWE', 'x'),
      })
      .map((header) => Buffer.from(JSON.stringify(header)).toString('base64url')),
  );
  const madeUp = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.'));
  await fc.assert(
    fc.asyncProperty(madeUp, async (token) => {
      expect(await outcomeOf(token)).toBe('unauthorized');
    }),
    { numRuns: 500 },
  );
});

test('a genuine token with any of its characters changed is refused', async () => {
  const genuine = await signToken();
  expect(await outcomeOf(genuine)).toBe('in');
  const signature = genuine.lastIndexOf('.');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~';
  await fc.assert(
    fc.asyncProperty(fc.nat(genuine.length - 1), fc.nat(letters.length - 1), async (at, letter) => {
      const changed = genuine.slice(0, at) + letters.charAt(letter) + genuine.slice(at + 1);
      // The last character of the signature has bits that mean nothing.
      fc.pre(changed !== genuine && at !== genuine.length - 1 && at !== signature - 1);
      expect(await outcomeOf(changed)).toBe('unauthorized');
    }),
    { numRuns: 500 },
  );
});

test('a token of an issuer that is not ours is refused whatever it names', async () => {
  for (const kid of ['hs', 'own', 'ed', undefined])
    expect(await outcomeOf(await signToken({}, { alg: 'EdDSA', kid, key: ed.privateKey }))).toBe(
      'unauthorized',
    );
});
