import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SocketAddress } from '#src/core/engine.ts';
import { addressBytes } from './address.ts';

const magicCookie = 0x2112a442;
const headerBytes = 20;
const integrityBytes = 20;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
const fingerprintMask = 0x5354554e;
/** More attributes than any ICE check carries (Chromium sends 8). */
const maxAttributes = 32;

const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
} as const;

/** Comprehension-required attributes below 0x8000 that an ICE check may carry and that ask nothing of us. */
const understood = new Set<number>([
  attribute.username,
  attribute.messageIntegrity,
  attribute.priority,
  attribute.useCandidate,
]);

/** A STUN binding request as parsed, not yet authenticated (RFC 8489 section 5, RFC 8445 section 7.1). */
export interface BindingRequest {
  /** The whole datagram. */
  readonly datagram: Buffer;
  /** USERNAME up to the first colon: our ufrag. */
  readonly localUfrag: string;
  readonly useCandidate: boolean;
  /** The sender takes itself for the controlled side, which an ICE-lite agent must be. */
  readonly claimsControlled: boolean;
  /** Comprehension-required attributes that we do not know. */
  readonly unknown: readonly number[];
  /** Offset of the MESSAGE-INTEGRITY attribute. */
  readonly integrityAt: number;
  /** The last 32 of the 96 random bits that name the transaction. */
  readonly transaction: number;
}

/** Why a datagram is no request that could be answered. */
export type StunRefusal = 'stun-malformed' | 'stun-unauthenticated' | 'stun-replay' | 'stun-ignored';

/**
 * Reads a binding request; everything else is refused with a reason. Never throws and reads no attribute behind
 * MESSAGE-INTEGRITY but FINGERPRINT (RFC 8489 section 14.5).
 */
export function parseBindingRequest(datagram: Buffer): BindingRequest | StunRefusal {
  if (datagram.length < headerBytes || datagram.readUInt32BE(4) !== magicCookie) return 'stun-malformed';
  if (datagram.readUInt16BE(2) !== datagram.length - headerBytes || datagram.length % 4 !== 0) {
    return 'stun-malformed';
  }
  // Answers and indications: we never ask, and an indication carries no proof of who sent it.
  if (datagram.readUInt16BE(0) !== bindingRequest) return 'stun-ignored';
  const found = walk(datagram);
  if (found === undefined) return 'stun-malformed';
  if (found.username === undefined || found.integrityAt === 0) return 'stun-unauthenticated';
  const colon = found.username.indexOf(':');
  if (colon <= 0) return 'stun-unauthenticated';
  return {
    datagram,
    localUfrag: found.username.slice(0, colon),
    useCandidate: found.useCandidate,
    claimsControlled: found.claimsControlled,
    unknown: found.unknown,
    integrityAt: found.integrityAt,
    transaction: transactionOf(datagram),
  };
}

interface Found {
  username: string | undefined;
  useCandidate: boolean;
  claimsControlled: boolean;
  unknown: number[];
  integrityAt: number;
}

function walk(datagram: Buffer): Found | undefined {
  const found: Found = {
    username: undefined,
    useCandidate: false,
    claimsControlled: false,
    unknown: [],
    integrityAt: 0,
  };
  let at = headerBytes;
  for (let count = 0; at < datagram.length; count++) {
    if (count >= maxAttributes || at + 4 > datagram.length) return undefined;
    const type = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (end > datagram.length) return undefined;
    if (type === attribute.fingerprint) {
      // Always last (RFC 8489 section 14.7).
      if (length !== 4 || end !== datagram.length || !fingerprintFits(datagram, at)) return undefined;
    } else if (found.integrityAt === 0 && !note(found, datagram, at)) return undefined;
    at = at + 4 + ((length + 3) & ~3);
  }
  return found;
}

function note(found: Found, datagram: Buffer, at: number): boolean {
  const type = datagram.readUInt16BE(at);
  const length = datagram.readUInt16BE(at + 2);
  if (type === attribute.messageIntegrity) {
    if (length !== integrityBytes) return false;
    found.integrityAt = at;
  } else if (type === attribute.username) {
    if (length > 513) return false;
    found.username = datagram.toString('latin1', at + 4, at + 4 + length);
  } else if (type === attribute.useCandidate) found.useCandidate = true;
  else if (type === attribute.iceControlled) found.claimsControlled = true;
  else if (type < 0x8000 && !understood.has(type)) found.unknown.push(type);
  return true;
}

/** Whether the request was made by somebody who knows the password (RFC 8489 section 14.5), in constant time. */
export function isAuthentic(request: BindingRequest, password: string): boolean {
  const { datagram, integrityAt } = request;
  const expected = integrityOf(datagram, integrityAt, password);
  return timingSafeEqual(expected, datagram.subarray(integrityAt + 4, integrityAt + 4 + integrityBytes));
}

/** Any message of a transaction. */
type OfTransaction = Pick<BindingRequest, 'datagram'>;

/** Whether a datagram says that a check came through. */
export function isBindingSuccess(datagram: Buffer): boolean {
  return datagram.length >= headerBytes && datagram.readUInt16BE(0) === bindingSuccess;
}

/** The last 32 of the 96 random bits that name a message's transaction. */
export function transactionOf(datagram: Buffer): number {
  return datagram.readUInt32BE(16);
}

/** The answer to an authentic request: the address it came from (RFC 8489 section 14.2). */
export function bindingSuccessResponse(
  request: OfTransaction,
  from: SocketAddress,
  password: string,
): Buffer {
  const address = addressBytes(from.ip);
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 4 ? 1 : 2;
  value.writeUInt16BE(from.port ^ (magicCookie >>> 16), 2);
  // Cookie and transaction id, in the order they stand in the header (RFC 8489 section 14.2).
  for (let i = 0; i < address.length; i++) {
    value[4 + i] = (address[i] ?? 0) ^ (request.datagram[4 + i] ?? 0);
  }
  return respond(request, bindingSuccess, [[attribute.xorMappedAddress, value]], password);
}

/** 487: both sides take themselves for the controlled one (RFC 8445 section 7.3.1.1). */
export function roleConflictResponse(request: BindingRequest, password: string): Buffer {
  return respond(
    request,
    bindingError,
    [[attribute.errorCode, errorValue(4, 87, 'Role Conflict')]],
    password,
  );
}

/** 420: the request asks for something that we do not know (RFC 8489 section 6.3.1). */
export function unknownAttributeResponse(request: BindingRequest, password: string): Buffer {
  const list = Buffer.alloc(request.unknown.length * 2);
  for (const [i, type] of request.unknown.entries()) list.writeUInt16BE(type, i * 2);
  const error = errorValue(4, 20, 'Unknown Attribute');
  return respond(
    request,
    bindingError,
    [
      [attribute.errorCode, error],
      [attribute.unknownAttributes, list],
    ],
    password,
  );
}

function errorValue(hundreds: number, rest: number, reason: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, hundreds, rest]), Buffer.from(reason, 'latin1')]);
}

/** Header, attributes, MESSAGE-INTEGRITY, FINGERPRINT. */
function respond(
  request: OfTransaction,
  type: number,
  attributes: readonly (readonly [type: number, value: Buffer])[],
  password: string,
): Buffer {
  const padded = attributes.reduce((sum, [, value]) => sum + 4 + ((value.length + 3) & ~3), 0);
  const integrityAt = headerBytes + padded;
  const fingerprintAt = integrityAt + 4 + integrityBytes;
  const message = Buffer.alloc(fingerprintAt + 8);
  message.writeUInt16BE(type, 0);
  message.writeUInt16BE(message.length - headerBytes, 2);
  message.set(request.datagram.subarray(4, headerBytes), 4);
  let at = headerBytes;
  for (const [kind, value] of attributes) {
    message.writeUInt16BE(kind, at);
    message.writeUInt16BE(value.length, at + 2);
    message.set(value, at + 4);
    at += 4 + ((value.length + 3) & ~3);
  }
  message.writeUInt16BE(attribute.messageIntegrity, integrityAt);
  message.writeUInt16BE(integrityBytes, integrityAt + 2);
  message.set(integrityOf(message, integrityAt, password), integrityAt + 4);
  message.writeUInt16BE(attribute.fingerprint, fingerprintAt);
  message.writeUInt16BE(4, fingerprintAt + 2);
  message.writeUInt32BE(fingerprintOf(message, fingerprintAt), fingerprintAt + 4);
  return message;
}

/** The HMAC covers the message up to MESSAGE-INTEGRITY, with a length that ends behind it (RFC 8489 section 14.5). */
function integrityOf(message: Buffer, integrityAt: number, password: string): Buffer {
  const header = Buffer.from(message.subarray(0, headerBytes));
  header.writeUInt16BE(integrityAt + 4 + integrityBytes - headerBytes, 2);
  return createHmac('sha1', password)
    .update(header)
    .update(message.subarray(headerBytes, integrityAt))
    .digest();
}

function fingerprintOf(message: Buffer, fingerprintAt: number): number {
  return (crc32(message.subarray(0, fingerprintAt)) ^ fingerprintMask) >>> 0;
}

function fingerprintFits(datagram: Buffer, fingerprintAt: number): boolean {
  return datagram.readUInt32BE(fingerprintAt + 4) === fingerprintOf(datagram, fingerprintAt);
}
