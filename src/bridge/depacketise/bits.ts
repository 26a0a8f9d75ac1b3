/** Thrown when a header ends before its syntax does; callers treat the header as damaged. */
export class OutOfBits extends Error {
  override readonly name = 'OutOfBits';
}

/** Reads bit fields, most significant bit first, as video headers need it. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bit(): number {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) throw new OutOfBits('header ends early');
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position += 1;
    return bit;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** An unsigned field of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    this.#position += count;
    if (this.#position > this.#bytes.length * 8) throw new OutOfBits('header ends early');
  }

  /** Exp-Golomb ue(v), H.264 section 9.1. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) if ((zeros += 1) > 31) throw new OutOfBits('no Exp-Golomb code');
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Exp-Golomb se(v). */
  se(): number {
    const code = this.ue();
    return code & 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** Removes the emulation prevention bytes (00 00 03) of a NAL unit, H.264 section 7.4.1. */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const plain = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    plain[length] = byte;
    length += 1;
  }
  return plain.subarray(0, length);
}

/** Runs a header parser; undefined when the header ends early. Other errors are bugs and pass. */
export function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OutOfBits) return undefined;
    throw error;
  }
}
