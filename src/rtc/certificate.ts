import { X509Certificate } from 'node:crypto';

import {
  CipherContext,
  HashAlgorithm,
  NamedCurveAlgorithm,
  RTCCertificate,
  SignatureAlgorithm,
} from 'werift';

import { fingerprintOf } from './dtls-proof.ts';
import type { Fingerprint } from './offer.ts';

/** The gateway's DTLS identity: one self-signed certificate for the life of the process, named by its fingerprint in SDP. */
export interface GatewayCertificate {
  readonly certificate: RTCCertificate;
  readonly fingerprint: Fingerprint;
}

/** Makes a fresh ECDSA P-256 certificate, the kind that every WebRTC client must take (RFC 8827 section 6.5). */
export async function makeCertificate(): Promise<GatewayCertificate> {
  const { certPem, keyPem, signatureHash } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  const certificate = new RTCCertificate(keyPem, certPem, signatureHash);
  const value = fingerprintOf(new X509Certificate(certPem).raw, 'sha-256');
  return { certificate, fingerprint: { algorithm: 'sha-256', value } };
}
