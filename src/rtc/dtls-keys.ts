import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';

import type { SrtpKeys, SrtpProfile } from '#src/core/plane.ts';

/** Named curves of DTLS 1.2 key agreement (RFC 8422 section 5.1.1). */
export const namedCurve = { secp256r1: 23, x25519: 29 } as const;

/** DER before the 32 raw bytes of an X25519 key (RFC 8410 section 7 and 4). */
const x25519Private = Buffer.from('302e020100300506032b656e04220420', 'hex');
const x25519Public = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * The secret that two raw keys agree on (RFC 8422 section 5.10). Throws for a public key that is not on the curve, or that
 * would make the secret known to everybody.
 */
export function agreedSecret(curve: number, privateKey: Uint8Array, publicKey: Uint8Array): Buffer {
  if (curve === namedCurve.secp256r1) {
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(privateKey);
    return ecdh.computeSecret(publicKey);
  }
  if (curve !== namedCurve.x25519) throw new Error(`named curve ${curve} was never offered`);
  if (publicKey.length !== 32) throw new Error('an X25519 key has 32 bytes');
  const ours = Buffer.concat([x25519Private, privateKey]);
  const theirs = Buffer.concat([x25519Public, publicKey]);
  return diffieHellman({
    privateKey: createPrivateKey({ key: ours, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: theirs, format: 'der', type: 'spki' }),
  });
}

/** A key pair of one handshake, raw as messages carry it. */
export interface EphemeralKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Makes a key pair on a curve; throws for one that we do not know. */
export function makeEphemeralKey(curve: number): EphemeralKey {
  if (curve === namedCurve.secp256r1) {
    const ecdh = createECDH('prime256v1');
    const publicKey = ecdh.generateKeys();
    return { privateKey: ecdh.getPrivateKey(), publicKey };
  }
  if (curve !== namedCurve.x25519) throw new Error(`named curve ${curve} was never offered`);
  const pair = generateKeyPairSync('x25519');
  return {
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(x25519Private.length),
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(x25519Public.length),
  };
}

/** What the master secret is made from. */
export interface KeyAgreement {
  readonly preMasterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** All handshake messages up to ClientKeyExchange, when both sides know the extended master secret. */
  readonly transcript: Uint8Array | undefined;
}

/** The master secret (RFC 5246 section 8.1), bound to the whole handshake where that was agreed (RFC 7627 section 4). */
export function masterSecretOf(agreement: KeyAgreement): Buffer {
  const { preMasterSecret, clientRandom, serverRandom, transcript } = agreement;
  const seed = transcript
    ? [Buffer.from('extended master secret'), createHash('sha256').update(transcript).digest()]
    : [Buffer.from('master secret'), clientRandom, serverRandom];
  return expand(preMasterSecret, Buffer.concat(seed), 48);
}

/** P_SHA256 (RFC 5246 section 5); the seed has the label in front. */
export function expand(secret: Uint8Array, seed: Uint8Array, bytes: number): Buffer {
  const hmac = (...parts: readonly Uint8Array[]): Buffer =>
    createHmac('sha256', secret).update(Buffer.concat(parts)).digest();
  const blocks: Buffer[] = [];
  for (let link = hmac(seed), made = 0; made < bytes; link = hmac(link), made += 32)
    blocks.push(hmac(link, seed));
  return Buffer.concat(blocks, bytes);
}

/** What of a record's header is authenticated. */
export interface RecordHeader {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  readonly sequenceNumber: number;
}

const keyBytes = 16;
const saltBytes = 4;
const explicitNonceBytes = 8;
const tagBytes = 16;

/** What both sides know once keys were agreed. */
export interface SharedSecrets {
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}
/** Which side of the handshake we are. */
export type DtlsSide = 'client' | 'server';

const srtpSaltBytes: Readonly<Record<SrtpProfile, number>> = {
  'aead-aes-128-gcm': 12,
  'aes-128-cm-hmac-sha1-80': 14,
};

/** The SRTP master keys that follow from a handshake (RFC 5764 section 4.2): each side protects with its own write keys. */
export function srtpKeysOf(secrets: SharedSecrets, side: DtlsSide, profile: SrtpProfile): SrtpKeys {
  const { masterSecret, clientRandom, serverRandom } = secrets;
  const salts = srtpSaltBytes[profile];
  const seed = Buffer.concat([Buffer.from('EXTRACTOR-dtls_srtp'), clientRandom, serverRandom]);
  const block = expand(masterSecret, seed, 2 * (keyBytes + salts));
  const sideAt = (from: number, bytes: number, whose: DtlsSide): Uint8Array => {
    const at = from + (whose === 'client' ? 0 : bytes);
    return new Uint8Array(block.subarray(at, at + bytes));
  };
  const other = side === 'client' ? 'server' : 'client';
  return {
    profile,
    localKey: sideAt(0, keyBytes, side),
    localSalt: sideAt(2 * keyBytes, salts, side),
    remoteKey: sideAt(0, keyBytes, other),
    remoteSalt: sideAt(2 * keyBytes, salts, other),
  };
}

/** AES-128-GCM of DTLS 1.2 records (RFC 5288 section 3): it writes as one side and reads the other. */
export class RecordCipher {
  readonly #readKey: Uint8Array;
  readonly #writeKey: Uint8Array;
  readonly #readSalt: Uint8Array;
  readonly #writeSalt: Uint8Array;

  constructor({ masterSecret, serverRandom, clientRandom }: SharedSecrets, side: DtlsSide) {
    const seed = Buffer.concat([Buffer.from('key expansion'), serverRandom, clientRandom]);
    // Outside Node's pool, of which a session's few bytes would keep 64 KiB alive.
    const block = new Uint8Array(expand(masterSecret, seed, 2 * (keyBytes + saltBytes)));
    const clientKey = block.subarray(0, keyBytes);
    const serverKey = block.subarray(keyBytes, 2 * keyBytes);
    const clientSalt = block.subarray(2 * keyBytes, 2 * keyBytes + saltBytes);
    const serverSalt = block.subarray(2 * keyBytes + saltBytes);
    const isClient = side === 'client';
    this.#readKey = isClient ? serverKey : clientKey;
    this.#writeKey = isClient ? clientKey : serverKey;
    this.#readSalt = isClient ? serverSalt : clientSalt;
    this.#writeSalt = isClient ? clientSalt : serverSalt;
  }

  /** Explicit nonce, ciphertext and tag. The nonce is epoch and sequence number: never the same twice. */
  seal(plain: Uint8Array, header: RecordHeader): Buffer {
    const explicit = sequenceOf(header);
    const nonce = Buffer.concat([this.#writeSalt, explicit]);
    const cipher = createCipheriv('aes-128-gcm', this.#writeKey, nonce, { authTagLength: tagBytes });
    cipher.setAAD(authenticated(header, plain.length));
    return Buffer.concat([explicit, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** The plain fragment; throws for a forged one. */
  open(fragment: Uint8Array, header: RecordHeader): Buffer {
    const length = fragment.length - explicitNonceBytes - tagBytes;
    if (length < 0) throw new Error('a protected record is too short');
    const nonce = Buffer.concat([this.#readSalt, fragment.subarray(0, explicitNonceBytes)]);
    const decipher = createDecipheriv('aes-128-gcm', this.#readKey, nonce, { authTagLength: tagBytes });
    decipher.setAAD(authenticated(header, length));
    decipher.setAuthTag(fragment.subarray(explicitNonceBytes + length));
    const plain = decipher.update(fragment.subarray(explicitNonceBytes, explicitNonceBytes + length));
    return Buffer.concat([plain, decipher.final()]);
  }
}

function sequenceOf({ epoch, sequenceNumber }: RecordHeader): Buffer {
  const bytes = Buffer.alloc(explicitNonceBytes);
  bytes.writeUInt16BE(epoch, 0);
  bytes.writeUIntBE(sequenceNumber, 2, 6);
  return bytes;
}

function authenticated(header: RecordHeader, plainBytes: number): Buffer {
  const bytes = Buffer.alloc(13);
  sequenceOf(header).copy(bytes);
  bytes.writeUInt8(header.type, 8);
  bytes.writeUInt16BE(header.version, 9);
  bytes.writeUInt16BE(plainBytes, 11);
  return bytes;
}
