import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Credentials } from '../offers.ts';
import { anywhere, candidatesOf, type Sdp } from '../sdp.ts';

/** Where a server's ICE agent listens, and its credentials. */
export interface IceServerSide {
  readonly address: string;
  readonly port: number;
  readonly ice: Credentials;
}

/** The magic cookie (RFC 8489 section 5). */
export const magic = 0x2112a442;
/** Message types (RFC 8489 section 5). */
export const bindingRequest = 0x0001;
export const bindingSuccess = 0x0101;
/** Attribute types (RFC 8489 section 18.3, RFC 8445 section 20.1). */
export const attribute = {
  username: 0x0006,
  integrity: 0x0008,
  mapped: 0x0020,
  priority: 0x0024,
  fingerprint: 0x8028,
  controlling: 0x802a,
};
const retransmitMs = 200;

/**
 * Where to send checks: the credentials of this answer or restart fragment, and its first UDP candidate that is an address; a
 * fragment without candidates leaves those of the answer `before` it.
 */
export function iceSideOf(sdp: Sdp, before?: Sdp): IceServerSide | undefined {
  const ufrag = anywhere(sdp, 'ice-ufrag');
  const password = anywhere(sdp, 'ice-pwd');
  if (ufrag === undefined || password === undefined) return undefined;
  for (const candidate of [...candidatesOf(sdp), ...(before === undefined ? [] : candidatesOf(before))]) {
    const [, component, transport = '', , address = '', port = ''] = candidate.split(' ');
    if (component === '1' && transport.toLowerCase() === 'udp' && isIP(address) !== 0)
      return { address, port: Number(port), ice: { ufrag, password } };
  }
  return undefined;
}

/**
 * Does one connectivity check (RFC 8445 section 7.2.2) as the controlling agent and says whether the server answered it with
 * success within the time.
 */
export async function answersCheck(
  server: IceServerSide,
  client: Credentials,
  within: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const socket = createSocket(isIP(server.address) === 6 ? 'udp6' : 'udp4');
  const transaction = randomBytes(12);
  const request = writeCheck(transaction, server.ice, client);
  const { promise: success, resolve, reject } = Promise.withResolvers<boolean>();
  socket.on('message', (message) => {
    const isOurs = message.length >= 20 && message.subarray(8, 20).equals(transaction);
    if (isOurs && message.readUInt16BE(0) === bindingSuccess) resolve(true);
  });
  socket.on('error', reject);
  const ask = (): void => socket.send(request, server.port, server.address);
  const again = setInterval(ask, retransmitMs);
  const end = new AbortController();
  try {
    ask();
    const signal = AbortSignal.any([within.signal, end.signal]);
    return await Promise.race([success, sleep(within.timeoutMs, false, { signal })]);
  } finally {
    clearInterval(again);
    end.abort();
    socket.close();
  }
}

/** A Binding request with credentials, priority, role and fingerprint (RFC 8489 section 14, RFC 8445 section 16.1). */
function writeCheck(transaction: Buffer, server: Credentials, client: Credentials): Buffer {
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(1_853_824_767);
  const fields = [
    field(attribute.username, Buffer.from(`${server.ufrag}:${client.ufrag}`)),
    field(attribute.priority, priority),
    field(attribute.controlling, randomBytes(8)),
  ];
  return sealed({ type: bindingRequest, transaction, fields }, server.password);
}

/** A STUN message to be. */
export interface StunMessage {
  readonly type: number;
  readonly transaction: Buffer;
  readonly fields: readonly Buffer[];
}

/** The message with MESSAGE-INTEGRITY under this password, and FINGERPRINT. */
export function sealed({ type, transaction, fields }: StunMessage, password: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(magic, 4);
  let message = Buffer.concat([header, transaction, ...fields]);
  message = Buffer.concat([message, field(attribute.integrity, integrity(message, password))]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(withLength(message, 8)) ^ 0x5354554e) >>> 0);
  return withLength(Buffer.concat([message, field(attribute.fingerprint, sum)]), 0);
}

/** MESSAGE-INTEGRITY over all that stands before it (RFC 8489 section 14.5). */
export function integrity(before: Buffer, password: string): Buffer {
  return createHmac('sha1', password).update(withLength(before, 24)).digest();
}

/** One attribute, padded to four bytes. */
export function field(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A copy with the length field that the message has when `following` more bytes are there. */
function withLength(message: Buffer, following: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(message.length - 20 + following, 2);
  return copy;
}
