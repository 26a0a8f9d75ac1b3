import { constants, createHash, createHmac, timingSafeEqual, verify, X509Certificate } from 'node:crypto';

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

/** Signature schemes that our CertificateRequest asks for (RFC 5246 section 7.4.1.4.1), and their RSA-PSS cousins. */
const schemes: ReadonlyMap<number, { readonly hash: string; readonly pss: boolean }> = new Map([
  [0x0401, { hash: 'sha256', pss: false }],
  [0x0403, { hash: 'sha256', pss: false }],
  [0x0804, { hash: 'sha256', pss: true }],
]);

/**
 * Whether a CertificateVerify message (RFC 5246 section 7.4.8) proves that the client holds the key of its certificate. The
 * certificate itself travels in the clear, so without this proof a matching fingerprint would mean nothing.
 */
export function provesPossession(certificate: Uint8Array, transcript: Uint8Array, body: Uint8Array): boolean {
  const message = Buffer.from(body);
  if (message.length < 4) return false;
  const scheme = schemes.get(message.readUInt16BE(0));
  const signature = message.subarray(4);
  if (!scheme || signature.length !== message.readUInt16BE(2)) return false;
  const key = new X509Certificate(certificate).publicKey;
  const padding = scheme.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return verify(scheme.hash, transcript, { key, ...padding }, signature);
}

/** Whether the client's Finished (RFC 5246 section 7.4.9) agrees with ours on everything that was said in the clear. */
export function finishedMatches(
  masterSecret: Uint8Array,
  transcript: Uint8Array,
  verifyData: Uint8Array,
): boolean {
  const hash = createHash('sha256').update(transcript).digest();
  const seed = Buffer.concat([Buffer.from('client finished'), hash]);
  const first = createHmac('sha256', masterSecret).update(seed).digest();
  const expected = createHmac('sha256', masterSecret).update(first).update(seed).digest().subarray(0, 12);
  return verifyData.length === expected.length && timingSafeEqual(expected, verifyData);
}
