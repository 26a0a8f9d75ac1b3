/**
 * Reads bits, most significant first, without allocating: made once and opened again for every packet. Beyond the end it gives
 * zeros and says so in `overrun`: it never throws.
 */
export class BitCursor {
  /** Something was read that was not there. */
  overrun = false;
  #bytes: Uint8Array | undefined;
  #bit = 0;
  #endBit = 0;

  /** Starts at a byte. */
  open(bytes: Uint8Array, from: number, end: number): void {
    this.#bytes = bytes;
    this.#bit = 8 * from;
    this.#endBit = 8 * Math.min(end, bytes.length);
    this.overrun = false;
  }

  /** One bit. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Up to 31 bits as an unsigned number. */
  bits(count: number): number {
    if (this.#bit + count > this.#endBit) {
      this.overrun = true;
      this.#bit = this.#endBit;
      return 0;
    }
    let value = 0;
    for (let left = count; left > 0;) {
      const free = 8 - (this.#bit & 7);
      const taken = Math.min(free, left);
      const byte = this.#bytes?.[this.#bit >>> 3] ?? 0;
      value = (value << taken) | ((byte >>> (free - taken)) & ((1 << taken) - 1));
      this.#bit += taken;
      left -= taken;
    }
    return value;
  }

  /** A number below `count`, in as few bits as that allows: ns(n) of AV1 section 4.10.7. */
  below(count: number): number {
    let width = 0;
    while (count >>> width !== 0) width += 1;
    const short = (1 << width) - count;
    const value = this.bits(width - 1);
    return value < short ? value : (value << 1) - short + this.bits(1);
  }
}
