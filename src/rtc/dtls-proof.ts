import { constants, createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';

import { expand } from './dtls-keys.ts';
import type { Fingerprint } from './offer.ts';

/** Whether a certificate (DER) is one that the SDP names (RFC 8122 section 5.1): the strongest hash offered decides. */
export function matchesFingerprint(certificate: Uint8Array, fingerprints: readonly Fingerprint[]): boolean {
  for (const algorithm of ['sha-512', 'sha-384', 'sha-256'] as const) {
    const named = fingerprints.filter((fingerprint) => fingerprint.algorithm === algorithm);
    if (named.length === 0) continue;
    const actual = fingerprintOf(certificate, algorithm);
    return named.some(({ value }) => value === actual);
  }
  return false;
}

/** The fingerprint of a certificate as SDP writes it. */
export function fingerprintOf(certificate: Uint8Array, algorithm: Fingerprint['algorithm']): string {
  const digest = createHash(algorithm.replace('-', '')).update(certificate).digest('hex').toUpperCase();
  return digest.replace(/(..)(?!$)/g, '$1:');
}

/** What ECDSA with SHA-256 is called on the wire. */
export const ecdsaSha256 = 0x0403;

/** Signature schemes that we take (RFC 5246 section 7.4.1.4.1, RFC 8446 section 4.2.3), the one we sign with first. */
export const signatureSchemes: readonly number[] = [ecdsaSha256, 0x0804, 0x0401];

interface Scheme {
  readonly keyType: 'ec' | 'rsa';
  readonly pss: boolean;
}
const schemes: ReadonlyMap<number, Scheme> = new Map([
  [ecdsaSha256, { keyType: 'ec', pss: false }],
  [0x0804, { keyType: 'rsa', pss: true }],
  [0x0401, { keyType: 'rsa', pss: false }],
]);

/** A signature as messages carry it (RFC 5246 section 4.7). */
export interface Signature {
  readonly scheme: number;
  readonly bytes: Uint8Array;
}

/** Whether the key of a certificate (DER) made this signature, by a scheme that we take and that suits the key. */
export function isSignedBy(certificate: Uint8Array, signed: Uint8Array, signature: Signature): boolean {
  const scheme = schemes.get(signature.scheme);
  const key = new X509Certificate(certificate).publicKey;
  if (!scheme || key.asymmetricKeyType !== scheme.keyType) return false;
  const padding = scheme.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return verify('sha256', signed, { key, ...padding }, signature.bytes);
}

/**
 * Whether a CertificateVerify message (RFC 5246 section 7.4.8) proves that the client holds the key of its certificate. The
 * certificate itself travels in the clear, so without this proof a matching fingerprint would mean nothing.
 */
export function provesPossession(certificate: Uint8Array, transcript: Uint8Array, body: Uint8Array): boolean {
  const message = Buffer.from(body);
  if (message.length < 4) return false;
  const bytes = message.subarray(4);
  if (bytes.length !== message.readUInt16BE(2)) return false;
  return isSignedBy(certificate, transcript, { scheme: message.readUInt16BE(0), bytes });
}

/** What a side's Finished says (RFC 5246 section 7.4.9): that it knows the secret, and what it heard and said in the clear. */
export function finishedData(
  masterSecret: Uint8Array,
  transcript: Uint8Array,
  side: 'client' | 'server',
): Buffer {
  const hash = createHash('sha256').update(transcript).digest();
  const seed = Buffer.concat([Buffer.from(`${side} finished`), hash]);
  return expand(masterSecret, seed, 12);
}

/** Whether the other side's Finished agrees with us on everything that was said in the clear. */
export function finishedMatches(expected: Uint8Array, verifyData: Uint8Array): boolean {
  return verifyData.length === expected.length && timingSafeEqual(expected, verifyData);
}
