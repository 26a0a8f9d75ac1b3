import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { readKeyRing } from '#src/auth/keys.ts';
import { mintToken } from '#src/auth/mint.ts';
import { verifyToken } from '#src/auth/verify.ts';
import type { MintedToken, TokenWish } from '#src/core/token-desk.ts';
import { authSettings, testNowMs, tokenSecret } from '#test/kit/tokens.ts';

const config = authSettings({
  issuer: 'https://node.example',
  signingKey: { kid: 'own', algorithm: 'HS256', secret: tokenSecret },
});
const ring = readKeyRing(config);
const mint = (wish: Partial<TokenWish>): Promise<MintedToken> =>
  mintToken(
    { subject: 'ann', action: 'view', stream: 'live', expiresInS: 60, ...wish },
    { config, key: ring.sign, nowMs: testNowMs },
  );

describe('a token that is made here', () => {
  test('says what was asked for and nothing else', async () => {
    const { token, jti, expiresAtMs } = await mint({ tier: 'interactive', maxHeight: 720 });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', kid: 'own', typ: 'JWT' });
    expect(decodeJwt(token)).toEqual({
      iss: 'https://node.example',
      aud: ['whep'],
      sub: 'ann',
      act: 'play',
      stream: 'live',
      tier: 'interactive',
      maxHeight: 720,
      iat: testNowMs / 1000,
      exp: testNowMs / 1000 + 60,
      jti,
    });
    expect(expiresAtMs).toBe(testNowMs + 60_000);
  });

  test('may name the qualities of what is published with it', async () => {
    const { token } = await mint({ action: 'publish', ladder: 'ladder-2' });
    expect(decodeJwt(token)).toMatchObject({ act: 'publish', ladder: 'ladder-2' });
  });

  test('is good here', async () => {
    const { token } = await mint({ action: 'publish', expiresInS: 43_200 });
    const deps = { ring, keySet: undefined, issuer: config.issuer, nowMs: () => testNowMs };
    const { claims } = await verifyToken(token, deps);
    expect(claims).toMatchObject({ act: 'publish', aud: ['whip'] });
  });

  test('has a name of its own', async () => {
    const [one, other] = [await mint({}), await mint({})];
    expect(one.jti).not.toBe(other.jti);
    expect(one.jti).toMatch(/^[\w-]{16}$/);
  });

  test.each([
    ['view', 301],
    ['publish', 43_201],
    ['operate', 43_201],
  ] as const)('to %s does not live for %i s', async (action, expiresInS) => {
    await expect(mint({ action, expiresInS })).rejects.toMatchObject({
      code: 'token-lifetime',
      kind: 'invalid',
    });
  });

  test('needs a key to sign with', async () => {
    const wish = { subject: 'a', action: 'view', stream: 'live', expiresInS: 60 } as const;
    const made = mintToken(wish, { config, key: undefined, nowMs: testNowMs });
    await expect(made).rejects.toMatchObject({ code: 'no-signing-key', kind: 'missing' });
  });
});
