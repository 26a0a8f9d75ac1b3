import { expect, test } from 'vitest';
import { type Credential, credentialName, readCredential } from '#src/auth/credential.ts';

test.each<Credential>([
  { kind: 'open' },
  { kind: 'own' },
  { kind: 'key', name: 'studio', print: 'abc' },
  { kind: 'token', kid: 'k:1', keyPrint: 'k', jti: 'a%3Ab:c', print: 'abc' },
  { kind: 'token', kid: '', keyPrint: '', jti: '', print: 'abc' },
  { kind: 'hook', print: '' },
])('%j survives as text', (credential) => {
  expect(readCredential(credentialName(credential))).toEqual(credential);
});

test('what nobody named is nothing', () => {
  expect(readCredential('')).toEqual({ kind: 'open' });
  expect(readCredential('something:else')).toEqual({ kind: 'open' });
});
