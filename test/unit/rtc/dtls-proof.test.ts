import { createSign, sign, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';

import { makeCertificate } from '#src/rtc/certificate.ts';
import {
  fingerprintOf,
  finishedData,
  finishedMatches,
  isSignedBy,
  matchesFingerprint,
  provesPossession,
} from '#src/rtc/dtls-proof.ts';

const identity = makeCertificate();
const der = identity.then(({ certificate }) => new X509Certificate(certificate.certPem).raw);

test('the certificate is ECDSA P-256, self-signed, and named by its own fingerprint', async () => {
  const { certificate, fingerprint } = await identity;
  const parsed = new X509Certificate(certificate.certPem);
  expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(fingerprint.value).toBe(parsed.fingerprint256);
});

test('the strongest hash that the SDP names decides', async () => {
  const raw = await der;
  const named = (['sha-256', 'sha-384', 'sha-512'] as const).map((algorithm) => ({
    algorithm,
    value: fingerprintOf(raw, algorithm),
  }));
  expect(matchesFingerprint(raw, named)).toBe(true);
  expect(matchesFingerprint(raw, [])).toBe(false);
  const wrong = { algorithm: 'sha-512', value: fingerprintOf(Buffer.from('x'), 'sha-512') } as const;
  expect(matchesFingerprint(raw, [named[0]!, wrong])).toBe(false);
  expect(matchesFingerprint(raw, [wrong, named[2]!])).toBe(true);
});

test('possession is proven by a signature over what was said', async () => {
  const { certificate } = await identity;
  const said = Buffer.from('everything so far');
  const signature = createSign('sha256').update(said).sign(certificate.privateKey);
  const body = (scheme: number, bytes = signature): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(scheme, 0);
    head.writeUInt16BE(bytes.length, 2);
    return Buffer.concat([head, bytes]);
  };
  const raw = await der;
  expect(provesPossession(raw, said, body(0x0403))).toBe(true);
  expect(provesPossession(raw, Buffer.from('something else'), body(0x0403))).toBe(false);
  expect(provesPossession(raw, said, body(0x0201))).toBe(false);
  expect(provesPossession(raw, said, body(0x0403).subarray(0, -1))).toBe(false);
  expect(provesPossession(raw, said, Buffer.alloc(2))).toBe(false);
});

test('a signature counts only by a scheme that suits the key', async () => {
  const { der: own, privateKey } = await identity;
  const said = Buffer.from('everything so far');
  const bytes = sign('sha256', said, privateKey);
  expect(isSignedBy(own, said, { scheme: 0x0403, bytes })).toBe(true);
  for (const scheme of [0x0401, 0x0804, 0x0503]) expect(isSignedBy(own, said, { scheme, bytes })).toBe(false);
  const changed = Buffer.from(bytes);
  changed[20] = changed[20]! ^ 1;
  expect(isSignedBy(own, said, { scheme: 0x0403, bytes: changed })).toBe(false);
});

test('Finished depends on the secret, on everything said and on the side, and all of its 12 bytes count', () => {
  const master = Buffer.alloc(48, 7);
  const said = Buffer.from('x');
  const client = finishedData(master, said, 'client');
  expect(client).toHaveLength(12);
  expect(finishedMatches(client, finishedData(master, said, 'client'))).toBe(true);
  expect(finishedMatches(client, finishedData(master, said, 'server'))).toBe(false);
  expect(finishedMatches(client, finishedData(master, Buffer.from('y'), 'client'))).toBe(false);
  expect(finishedMatches(client, finishedData(Buffer.alloc(48, 8), said, 'client'))).toBe(false);
  expect(finishedMatches(client, client.subarray(0, 3))).toBe(false);
  for (let at = 0; at < 12; at += 1) {
    const wrong = Buffer.from(client);
    wrong[at] = wrong[at]! ^ 1;
    expect(finishedMatches(client, wrong)).toBe(false);
  }
});
