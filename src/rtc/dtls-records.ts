/** Content types of DTLS records (RFC 5246 section 6.2.1). */
export const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;
/** Handshake messages (RFC 5246 section 7.4, RFC 6347 section 4.3.2). */
export const handshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

const recordHeaderBytes = 13;
const handshakeHeaderBytes = 12;
const maxRecordsPerDatagram = 16;

/** One record of a datagram (RFC 6347 section 4.1); `bytes` is the whole record, `fragment` its content. */
export interface DtlsRecord {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly fragment: Buffer;
}

/** Takes a datagram apart; what is cut off or too much is dropped, as section 4.1.2.7 says of invalid records. */
export function splitRecords(datagram: Uint8Array): readonly DtlsRecord[] {
  const data = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const records: DtlsRecord[] = [];
  let at = 0;
  while (at + recordHeaderBytes <= data.length && records.length < maxRecordsPerDatagram) {
    const end = at + recordHeaderBytes + data.readUInt16BE(at + 11);
    if (end > data.length) break;
    records.push({
      type: data.readUInt8(at),
      version: data.readUInt16BE(at + 1),
      epoch: data.readUInt16BE(at + 3),
      sequence: data.readUIntBE(at + 5, 6),
      bytes: data.subarray(at, end),
      fragment: data.subarray(at + recordHeaderBytes, end),
    });
    at = end;
  }
  return records;
}

/** Writes one record. */
export function writeRecord(record: Omit<DtlsRecord, 'bytes'>): Buffer {
  const head = Buffer.alloc(recordHeaderBytes);
  head.writeUInt8(record.type, 0);
  head.writeUInt16BE(record.version, 1);
  head.writeUInt16BE(record.epoch, 3);
  head.writeUIntBE(record.sequence, 5, 6);
  head.writeUInt16BE(record.fragment.length, 11);
  return Buffer.concat([head, record.fragment]);
}

/** A whole handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  readonly messageSequence: number;
  readonly body: Buffer;
  /** It was complete before: the other side did not get our reply and sends its flight again. */
  readonly repeated: boolean;
}

interface Partial {
  readonly type: number;
  readonly body: Buffer;
  /** Which bytes are there: fragments may overlap (RFC 6347 section 4.2.3). */
  readonly have: Uint8Array;
  missing: number;
}

/** Largest message that is collected: a long certificate chain stays far below. */
const maxMessageBytes = 16_384;
/** How many messages ahead of the next one are kept. */
const maxAhead = 6;

/**
 * Puts clear-text handshake messages together whatever the order of their fragments, and releases them in the order of
 * their numbers. A post-quantum ClientHello comes in two datagrams; the handshake below assumes neither order nor fragments.
 */
export class HandshakeAssembler {
  readonly #partials = new Map<number, Partial>();
  readonly #complete = new Map<number, HandshakeMessage>();
  #next = 0;

  /** Takes one handshake record's content; gives what became complete and is in turn. */
  push(content: Buffer): readonly HandshakeMessage[] {
    const ready: HandshakeMessage[] = [];
    let at = 0;
    while (at + handshakeHeaderBytes <= content.length) {
      const end = at + handshakeHeaderBytes + content.readUIntBE(at + 9, 3);
      if (end > content.length) break;
      const message = this.#take(content.subarray(at, end));
      if (message?.repeated) ready.push(message);
      at = end;
    }
    for (let message = this.#complete.get(this.#next); message; message = this.#complete.get(this.#next)) {
      this.#complete.delete(this.#next);
      this.#next += 1;
      ready.push(message);
    }
    return ready;
  }

  #take(fragment: Buffer): HandshakeMessage | undefined {
    const messageSequence = fragment.readUInt16BE(4);
    const repeated = messageSequence < this.#next;
    if (messageSequence >= this.#next + maxAhead || this.#complete.has(messageSequence)) return undefined;
    const partial = this.#collect(fragment, messageSequence);
    if (!partial || partial.missing > 0) return undefined;
    this.#partials.delete(messageSequence);
    const message = { type: partial.type, messageSequence, body: partial.body, repeated };
    if (!repeated) this.#complete.set(messageSequence, message);
    return message;
  }

  #collect(fragment: Buffer, messageSequence: number): Partial | undefined {
    const type = fragment.readUInt8(0);
    const length = fragment.readUIntBE(1, 3);
    const offset = fragment.readUIntBE(6, 3);
    const bytes = fragment.subarray(handshakeHeaderBytes);
    if (length > maxMessageBytes || offset + bytes.length > length) return undefined;
    let partial = this.#partials.get(messageSequence);
    if (!partial || partial.type !== type || partial.body.length !== length) {
      if (this.#partials.size >= maxAhead) this.#partials.clear();
      partial = { type, body: Buffer.alloc(length), have: new Uint8Array(length), missing: length };
      this.#partials.set(messageSequence, partial);
    }
    bytes.copy(partial.body, offset);
    for (let at = offset; at < offset + bytes.length; at += 1) {
      if (partial.have[at] === 0) partial.missing -= 1;
      partial.have[at] = 1;
    }
    return partial;
  }
}

/** A handshake message in one piece, as it is also hashed and signed (RFC 6347 section 4.2.6). */
export function wholeMessage({ type, messageSequence, body }: Omit<HandshakeMessage, 'repeated'>): Buffer {
  const head = Buffer.alloc(handshakeHeaderBytes);
  head.writeUInt8(type, 0);
  head.writeUIntBE(body.length, 1, 3);
  head.writeUInt16BE(messageSequence, 4);
  head.writeUIntBE(0, 6, 3);
  head.writeUIntBE(body.length, 9, 3);
  return Buffer.concat([head, body]);
}

/** The one handshake message that fills a record; undefined for anything else. */
export function readWholeMessage(content: Buffer): Omit<HandshakeMessage, 'repeated'> | undefined {
  if (content.length < handshakeHeaderBytes) return undefined;
  const body = content.subarray(handshakeHeaderBytes);
  const message = { type: content.readUInt8(0), messageSequence: content.readUInt16BE(4), body };
  return wholeMessage(message).equals(content) ? message : undefined;
}

/** A whole handshake message as one clear-text record. */
export function wholeMessageRecord(message: HandshakeMessage, version: number, sequence: number): Buffer {
  const fragment = wholeMessage(message);
  return writeRecord({ type: contentType.handshake, version, epoch: 0, sequence, fragment });
}

/** Whether a ClientHello brings a cookie (RFC 6347 section 4.2.1), that is, whether it answers our HelloVerifyRequest. */
export function hasCookie(clientHello: Buffer): boolean {
  const sessionIdAt = 2 + 32;
  if (clientHello.length <= sessionIdAt) return false;
  const cookieAt = sessionIdAt + 1 + clientHello.readUInt8(sessionIdAt);
  return cookieAt < clientHello.length && clientHello.readUInt8(cookieAt) > 0;
}
