import { DtlsRefusal } from './dtls-refusal.ts';

/** Reads a handshake message from front to back (RFC 5246 section 4). What is cut off ends the handshake. */
export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Where the next read begins. */
  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** A big-endian number of this many bytes. */
  number(bytes: 1 | 2 | 3): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  /** This many bytes; they share the message's memory. */
  take(bytes: number): Buffer {
    if (this.#bytes.length - this.#at < bytes) throw new DtlsRefusal('decodeError', 'a message is cut off');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }

  /** A vector (RFC 5246 section 4.3) whose length has this many bytes. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.take(this.number(lengthBytes));
  }

  /** Refuses what stands behind the last field. */
  end(): void {
    if (!this.isAtEnd) throw new DtlsRefusal('decodeError', 'a message is longer than what it says');
  }
}

/** A vector with its length in front. */
export function writeVector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const head = Buffer.alloc(lengthBytes);
  head.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([head, content]);
}

/** Numbers of two bytes each. */
export function writeUint16s(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * index);
  return bytes;
}

/** The numbers of two bytes each that fill a vector. */
export function readUint16s(bytes: Buffer): readonly number[] {
  const reader = new MessageReader(bytes);
  const numbers: number[] = [];
  while (!reader.isAtEnd) numbers.push(reader.number(2));
  return numbers;
}
