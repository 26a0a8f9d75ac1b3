import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

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
  /** The certificate as it travels (DER). */
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Makes a fresh ECDSA P-256 certificate, the kind that every WebRTC client must take (RFC 8827 section 6.5). */
export async function makeCertificate(): Promise<GatewayCertificate> {
  const { certPem, keyPem, signatureHash } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  const certificate = new RTCCertificate(keyPem, certPem, signatureHash);
  const der = new X509Certificate(certPem).raw;
  const fingerprint = { algorithm: 'sha-256', value: fingerprintOf(der, 'sha-256') } as const;
  return { certificate, fingerprint, der, privateKey: createPrivateKey(keyPem) };
}
