/** Reads bits, most significant first. Beyond the end it gives zeros and says so in `overrun`: it never throws. */
export class BitReader {
  /** Something was read that was not there. */
  overrun = false;
  readonly #bytes: Uint8Array;
  readonly #endBit: number;
  #bit: number;

  constructor(bytes: Uint8Array, from: number, end = bytes.length) {
    this.#bytes = bytes;
    this.#bit = 8 * from;
    this.#endBit = 8 * Math.min(end, bytes.length);
  }

  /** One bit. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Up to 32 bits as an unsigned number. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      if (this.#bit >= this.#endBit) this.overrun = true;
      const bit = this.overrun ? 0 : ((this.#bytes[this.#bit >>> 3] ?? 0) >>> (7 - (this.#bit & 7))) & 1;
      this.#bit += 1;
      value = value * 2 + bit;
    }
    return value;
  }

  skip(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#endBit) this.overrun = true;
  }

  /** Unsigned Exp-Golomb code (H.264 section 9.1, H.265 section 9.2), which is also AV1's uvlc (section 4.10.3). */
  exponential(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (this.overrun || zeros > 31) {
        this.overrun = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Signed Exp-Golomb code (H.264 section 9.1.1). */
  signedExponential(): number {
    const code = this.exponential();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

/** A NAL unit without its emulation prevention bytes (H.264 section 7.4.1): 0 0 3 becomes 0 0. */
export function withoutEmulation(bytes: Uint8Array, from: number, end: number): Uint8Array {
  const out = new Uint8Array(Math.max(0, end - from));
  let length = 0;
  let zeros = 0;
  for (let i = from; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length] = byte;
    length += 1;
  }
  return out.subarray(0, length);
}
