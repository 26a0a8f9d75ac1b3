import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readKeyRing } from '#src/auth/keys.ts';
import { type VerifiedToken, verifyToken } from '#src/auth/verify.ts';
import {
  authSettings,
  keyPair,
  signToken,
  testNowMs,
  type TestClaims,
  type TestSigning,
} from '#test/kit/tokens.ts';

const ed = keyPair('ed25519');
const ec = keyPair('p256');
const pemOf = (pair: typeof ed): string => String(pair.publicKey.export({ type: 'spki', format: 'pem' }));
const hs = { kid: 'hs', algorithm: 'HS256', secret: 'a secret of the tests that is long enough' };
const config = authSettings({
  jwtKeys: [
    hs,
    { kid: 'ed', algorithm: 'EdDSA', key: pemOf(ed) },
    { kid: 'ec', algorithm: 'ES256', key: pemOf(ec) },
  ],
});
const ring = readKeyRing(config);
const nowS = testNowMs / 1000;

const verify = (token: string): Promise<VerifiedToken> =>
  verifyToken(token, { ring, keySet: undefined, issuer: 'frontrow', nowMs: () => testNowMs });
const verifySigned = async (claims: TestClaims, signing?: TestSigning): Promise<VerifiedToken> =>
  verify(await signToken(claims, signing));
const refusedAs = (code: string, words: RegExp): unknown =>
  expect.objectContaining({ kind: 'unauthorized', code, message: expect.stringMatching(words) as unknown });

describe('a good token', () => {
  test.each<[string, TestSigning]>([
    ['HS256', {}],
    ['EdDSA', { alg: 'EdDSA', kid: 'ed', key: ed.privateKey }],
    ['Ed25519', { alg: 'Ed25519', kid: 'ed', key: ed.privateKey }],
    ['ES256', { alg: 'ES256', kid: 'ec', key: ec.privateKey }],
    ['no kid, and one key for the algorithm', { alg: 'ES256', kid: undefined, key: ec.privateKey }],
  ])('signed with %s', async (_name, signing) => {
    const { claims, kid } = await verifySigned({ jti: 'j' }, signing);
    expect(claims).toMatchObject({ sub: 'ann', act: 'play', stream: 'live', jti: 'j', aud: ['whep', 'hls'] });
    expect(kid).toBe(signing.kid ?? (signing.alg === 'ES256' ? 'ec' : 'hs'));
  });

  test('may be of a clock that is half a minute off', async () => {
    await verifySigned({ exp: nowS - 29 });
    await verifySigned({ nbf: nowS + 29 });
  });
});

describe('a bad one', () => {
  test.each<[string, TestClaims, string, RegExp]>([
    ['expired', { exp: nowS - 31 }, 'token-expired', /expired/],
    ['without an end', { exp: undefined }, 'token-invalid', /exp/],
    ['not good yet', { nbf: nowS + 31 }, 'token-invalid', /not valid yet/],
    ['of another issuer', { iss: 'other' }, 'token-invalid', /iss/],
    ['of no issuer', { iss: undefined }, 'token-invalid', /iss/],
    ['for nobody', { sub: undefined }, 'token-invalid', /sub/],
    ['for no door', { aud: undefined }, 'token-invalid', /aud/],
    ['for an act that there is not', { act: 'admin' }, 'token-invalid', /act/],
    ['with a regular expression', { stream: '(a+)+$' }, 'token-invalid', /stream/],
    ['with a height in words', { maxHeight: 'tall' }, 'token-invalid', /maxHeight/],
  ])('%s', async (_name, claims, code, words) => {
    await expect(verifySigned(claims)).rejects.toEqual(refusedAs(code, words));
  });

  test.each<[string, TestSigning]>([
    ['another key', { key: Buffer.alloc(32, 1) }],
    ['a kid of another algorithm', { kid: 'ed' }],
    ['an unknown kid', { kid: 'nobody' }],
    ['a kid like a path', { kid: '../../hs' }],
    ['a kid of every object', { kid: 'constructor' }],
    ['an algorithm that is not ours', { alg: 'HS512', key: Buffer.alloc(64, 1) }],
  ])('signed with %s', async (_name, signing) => {
    await expect(verifySigned({}, signing)).rejects.toEqual(refusedAs('token-invalid', /./));
  });

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({
    iss: 'frontrow',
    aud: 'whep',
    sub: 'a',
    act: 'play',
    stream: 'live',
    exp: nowS + 60,
  });

  test('signed with nothing', async () => {
    for (const alg of ['none', 'None', 'NONE', ''])
      await expect(verify(`${part({ alg })}.${claims}.`)).rejects.toEqual(refusedAs('token-invalid', /./));
  });

  test('signed with a public key as if it were a secret', async () => {
    for (const kid of ['ed', 'ec', 'hs', undefined]) {
      const signed = `${part({ alg: 'HS256', ...(kid !== undefined && { kid }) })}.${claims}`;
      const mac = createHmac('sha256', pemOf(ed)).update(signed).digest('base64url');
      await expect(verify(`${signed}.${mac}`)).rejects.toEqual(refusedAs('token-invalid', /./));
    }
  });

  test('with a part of it changed', async () => {
    const token = await signToken();
    const [head = '', , mac = ''] = token.split('.');
    await expect(verify(`${head}.${claims}.${mac}`)).rejects.toEqual(refusedAs('token-invalid', /signature/));
  });

  test('with a critical header that we do not know', async () => {
    const signed = `${part({ alg: 'HS256', kid: 'hs', crit: ['x'], x: 1 })}.${claims}`;
    const mac = createHmac('sha256', hs.secret).update(signed).digest('base64url');
    await expect(verify(`${signed}.${mac}`)).rejects.toEqual(refusedAs('token-invalid', /./));
  });

  test('too long to be looked at: nothing of it is parsed', async () => {
    const huge = `${'a'.repeat(9_000)}.b.c`;
    await expect(verify(huge)).rejects.toEqual(refusedAs('token-invalid', /longer than 8192/));
  });

  test.each([
    ['plain words'],
    ['a.b'],
    ['a.b.c'],
    ['...'],
    ['eyJ.eyJ.x'],
    ['\u{1F600}.b.c'],
    [`${part([])}.e.e`],
  ])('that is none: %s', async (text) => {
    await expect(verify(text)).rejects.toEqual(refusedAs('token-invalid', /./));
  });
});
