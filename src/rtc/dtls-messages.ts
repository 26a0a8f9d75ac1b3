import { ecdsaSha256, type Signature } from './dtls-proof.ts';
import { MessageReader, readUint16s, writeUint16s, writeVector } from './dtls-reader.ts';
import { DtlsRefusal } from './dtls-refusal.ts';

/** The server's own certificate (RFC 5246 section 7.4.2); the rest of a chain means nothing beside a fingerprint. */
export function readCertificate(body: Buffer): Buffer {
  const reader = new MessageReader(body);
  const list = new MessageReader(reader.vector(3));
  reader.end();
  if (list.isAtEnd) throw new DtlsRefusal('badCertificate', 'the server has no certificate');
  return list.vector(3);
}

/** A Certificate message with one certificate (DER). */
export function writeCertificate(der: Uint8Array): Buffer {
  return writeVector(3, writeVector(3, der));
}

/** The server's half of the key agreement. */
export interface ServerKeyExchange {
  readonly curve: number;
  readonly publicKey: Buffer;
  /** The bytes that the signature is about, behind both randoms. */
  readonly parameters: Buffer;
  readonly signature: Signature;
}

const namedCurveType = 3;

/** Reads a ServerKeyExchange (RFC 8422 section 5.4). */
export function readServerKeyExchange(body: Buffer): ServerKeyExchange {
  const reader = new MessageReader(body);
  if (reader.number(1) !== namedCurveType)
    throw new DtlsRefusal('illegalParameter', 'the server names no curve');
  const curve = reader.number(2);
  const publicKey = reader.vector(1);
  const parameters = body.subarray(0, reader.position);
  const signature = { scheme: reader.number(2), bytes: reader.vector(2) };
  reader.end();
  return { curve, publicKey, parameters, signature };
}

/** Reads a CertificateRequest (RFC 5246 section 7.4.4); throws when the server would not take the way in which we sign. */
export function readCertificateRequest(body: Buffer): void {
  const reader = new MessageReader(body);
  reader.vector(1);
  const schemes = readUint16s(reader.vector(2));
  reader.vector(2);
  reader.end();
  if (!schemes.includes(ecdsaSha256))
    throw new DtlsRefusal('handshakeFailure', 'the server takes no signatures of ECDSA with SHA-256');
}

/** A ClientKeyExchange (RFC 8422 section 5.7). */
export function writeClientKeyExchange(publicKey: Uint8Array): Buffer {
  return writeVector(1, publicKey);
}

/** A CertificateVerify (RFC 5246 section 7.4.8). */
export function writeCertificateVerify({ scheme, bytes }: Signature): Buffer {
  return Buffer.concat([writeUint16s(scheme), writeVector(2, bytes)]);
}
