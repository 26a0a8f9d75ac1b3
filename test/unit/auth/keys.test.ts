import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authConfig } from '#src/auth/config.ts';
import { type KeyRing, readKeyRing } from '#src/auth/keys.ts';
import { keyPair, tokenSecret } from '#test/kit/tokens.ts';

const ed = keyPair('ed25519');
const ec = keyPair('p256');
const pem = String(ed.publicKey.export({ type: 'spki', format: 'pem' }));
let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auth-keys-'));
  await writeFile(inFolder('ed.pem'), ed.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(inFolder('ec.jwk'), JSON.stringify(ec.privateKey.export({ format: 'jwk' })));
  await writeFile(inFolder('junk'), 'very secret junk');
  await writeFile(inFolder('broken.jwk'), '{ "kty": very secret');
});
afterAll(() => rm(folder, { recursive: true }));

const ringOf = (settings: object): KeyRing => readKeyRing(authConfig.parse(settings));

test('reads public keys as PEM, JWK and from a file', () => {
  const ring = ringOf({
    jwtKeys: [
      { kid: 'pem', algorithm: 'EdDSA', key: pem },
      { kid: 'jwk', algorithm: 'ES256', key: ec.publicKey.export({ format: 'jwk' }) },
      { kid: 'text', algorithm: 'ES256', key: JSON.stringify(ec.publicKey.export({ format: 'jwk' })) },
      { kid: 'file', algorithm: 'EdDSA', file: inFolder('ed.pem') },
      { kid: 'secret', algorithm: 'HS256', secret: tokenSecret },
    ],
  });
  expect([...ring.verify.keys()]).toEqual(['pem', 'jwk', 'text', 'file', 'secret']);
  expect([...ring.verify.values()].map(({ key }) => key.type)).toEqual([
    'public',
    'public',
    'public',
    'public',
    'secret',
  ]);
  expect(ring.sign).toBeUndefined();
});

test.each([
  ['EdDSA', 'ed.pem'],
  ['ES256', 'ec.jwk'],
])('what signs with %s is checked with its public half', (algorithm, file) => {
  const ring = ringOf({ signingKey: { kid: 'own', algorithm, file: inFolder(file) } });
  expect(ring.sign?.key.type).toBe('private');
  expect(ring.verify.get('own')?.key.type).toBe('public');
});

test.each([
  ['a file that is not there', { kid: 'own', algorithm: 'EdDSA', file: 'nowhere.pem' }, /ENOENT/],
  ['junk', { kid: 'own', algorithm: 'EdDSA', file: 'junk' }, /no key/],
  ['half a JWK', { kid: 'own', algorithm: 'EdDSA', file: 'broken.jwk' }, /no key/],
  ['a key for another algorithm', { kid: 'own', algorithm: 'ES256', file: 'ed.pem' }, /P-256/],
])('%s is refused, and none of it is shown', (_what, signingKey, message) => {
  const read = (): KeyRing => ringOf({ signingKey: { ...signingKey, file: inFolder(signingKey.file) } });
  expect(read).toThrow(expect.objectContaining({ code: 'bad-auth-key' }));
  expect(read).toThrow(message);
  expect(read).not.toThrow(/very secret/);
});

test('two keys of one kid are refused: which one would count?', () => {
  const entry = { kid: 'a', algorithm: 'HS256', secret: tokenSecret };
  expect(() => ringOf({ jwtKeys: [entry], signingKey: entry })).toThrow(/two keys with the kid "a"/);
});
