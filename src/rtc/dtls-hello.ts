import type { SrtpProfile } from '#src/core/plane.ts';
import { namedCurve } from './dtls-keys.ts';
import { signatureSchemes } from './dtls-proof.ts';
import { MessageReader, readUint16s, writeUint16s, writeVector } from './dtls-reader.ts';
import { DtlsRefusal } from './dtls-refusal.ts';

/** DTLS 1.2 on the wire (RFC 6347 section 4.1), and 1.0, which a HelloVerifyRequest may still name (section 4.2.1). */
export const dtlsVersion = { v12: 0xfefd, v10: 0xfeff } as const;

const randomBytes = 32;
const noCompression = 0;

/** What a client offers, by the kind of key in the server's certificate (RFC 5289 section 3.2). */
const suites: ReadonlyMap<number, 'ec' | 'rsa'> = new Map([
  [0xc02b, 'ec'],
  [0xc02f, 'rsa'],
]);
/** SRTP protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2), best first. */
const srtpProfiles: ReadonlyMap<number, SrtpProfile> = new Map([
  [0x0007, 'aead-aes-128-gcm'],
  [0x0001, 'aes-128-cm-hmac-sha1-80'],
]);
const extension = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;
const uncompressedPoints = Buffer.from([0]);

/** A ClientHello (RFC 6347 section 4.2.1) with all that we can do; the cookie is empty in the first one. */
export function writeClientHello(random: Uint8Array, cookie: Uint8Array): Buffer {
  return Buffer.concat([
    writeUint16s(dtlsVersion.v12),
    random,
    // No session is resumed.
    writeVector(1),
    writeVector(1, cookie),
    writeVector(2, writeUint16s(...suites.keys())),
    writeVector(1, Buffer.from([noCompression])),
    writeVector(2, ...offeredExtensions),
  ]);
}

const offeredExtensions: readonly Buffer[] = (
  [
    [extension.supportedGroups, writeVector(2, writeUint16s(namedCurve.x25519, namedCurve.secp256r1))],
    [extension.pointFormats, writeVector(1, uncompressedPoints)],
    [extension.signatureAlgorithms, writeVector(2, writeUint16s(...signatureSchemes))],
    [
      extension.useSrtp,
      Buffer.concat([writeVector(2, writeUint16s(...srtpProfiles.keys())), writeVector(1)]),
    ],
    [extension.extendedMasterSecret, Buffer.alloc(0)],
    [extension.renegotiationInfo, writeVector(1)],
  ] as const
).map(([type, data]) => Buffer.concat([writeUint16s(type), writeVector(2, data)]));

/** The cookie of a HelloVerifyRequest (RFC 6347 section 4.2.1). */
export function readHelloVerifyRequest(body: Buffer): Buffer {
  const reader = new MessageReader(body);
  const version = reader.number(2);
  if (version !== dtlsVersion.v12 && version !== dtlsVersion.v10) throw wrongVersion(version);
  const cookie = reader.vector(1);
  reader.end();
  return cookie;
}

/** What the server chose. */
export interface ServerHello {
  readonly random: Buffer;
  /** The kind of key that its certificate must have. */
  readonly keyType: 'ec' | 'rsa';
  readonly extendedMasterSecret: boolean;
  readonly profile: SrtpProfile;
}

/** Reads a ServerHello (RFC 5246 section 7.4.1.3), which may only choose among what was offered. */
export function readServerHello(body: Buffer): ServerHello {
  const reader = new MessageReader(body);
  const version = reader.number(2);
  if (version !== dtlsVersion.v12) throw wrongVersion(version);
  const random = reader.take(randomBytes);
  reader.vector(1);
  const suite = reader.number(2);
  const keyType = suites.get(suite);
  if (keyType === undefined)
    throw new DtlsRefusal('illegalParameter', `cipher suite ${suite} was never offered`);
  if (reader.number(1) !== noCompression)
    throw new DtlsRefusal('illegalParameter', 'compression was never offered');
  const extensions = reader.isAtEnd ? new Map<number, Buffer>() : readExtensions(reader.vector(2));
  reader.end();
  checkEmpty(extensions.get(extension.extendedMasterSecret), Buffer.alloc(0));
  // RFC 5746 section 3.4: in a first handshake there is nothing in it.
  checkEmpty(extensions.get(extension.renegotiationInfo), writeVector(1));
  return {
    random,
    keyType,
    extendedMasterSecret: extensions.has(extension.extendedMasterSecret),
    profile: readProfile(extensions.get(extension.useSrtp)),
  };
}

/** By type, each at most once, and none that we did not offer (RFC 5246 section 7.4.1.4). */
function readExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const offered: readonly number[] = Object.values(extension);
  const extensions = new Map<number, Buffer>();
  const reader = new MessageReader(bytes);
  while (!reader.isAtEnd) {
    const type = reader.number(2);
    if (!offered.includes(type) || extensions.has(type))
      throw new DtlsRefusal('unsupportedExtension', `extension ${type} was not offered, or is there twice`);
    extensions.set(type, reader.vector(2));
  }
  return extensions;
}

function checkEmpty(data: Buffer | undefined, empty: Buffer): void {
  if (data !== undefined && !data.equals(empty))
    throw new DtlsRefusal('illegalParameter', 'an extension that has to be empty is not');
}

/** The server takes one profile, and no MKI because we offer none (RFC 5764 section 4.1.1). */
function readProfile(data: Buffer | undefined): SrtpProfile {
  if (data === undefined)
    throw new DtlsRefusal('handshakeFailure', 'the server takes no SRTP profile (use_srtp)');
  const reader = new MessageReader(data);
  const [chosen, ...others] = readUint16s(reader.vector(2));
  const mki = reader.vector(1);
  reader.end();
  const profile = chosen === undefined ? undefined : srtpProfiles.get(chosen);
  if (profile === undefined || others.length > 0 || mki.length > 0)
    throw new DtlsRefusal('illegalParameter', 'the SRTP profile is none that was offered');
  return profile;
}

function wrongVersion(version: number): DtlsRefusal {
  return new DtlsRefusal(
    'protocolVersion',
    `the server speaks version ${version.toString(16)}, not DTLS 1.2`,
  );
}
