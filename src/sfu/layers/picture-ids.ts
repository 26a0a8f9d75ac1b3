import type { PictureIdBits } from '#src/rtp/descriptor/vp8.ts';

/** Far enough above zero that nothing late becomes negative. */
const firstBase = 0x1_0000;

/** Extends picture ids of 7 or 15 bits to numbers that never wrap; their low bits stay what they were. */
export class PictureIdUnwrapper {
  /** Highest so far, -1 before the first. */
  highest = -1;
  #bits: PictureIdBits = 0;

  unwrap(bits: 7 | 15, id: number): number {
    const span = 1 << bits;
    if (this.highest < 0) this.highest = firstBase + id;
    else if (bits !== this.#bits) {
      // Another width: the next number with these low bits.
      this.highest += 1 + ((((id - this.highest - 1) % span) + span) % span);
    } else {
      const ahead = (id - this.highest) & (span - 1);
      const extended = this.highest + (ahead < span / 2 ? ahead : ahead - span);
      if (extended > this.highest) this.highest = extended;
      return extended;
    }
    this.#bits = bits;
    return this.highest;
  }

  /** The extended form of an id that came before. */
  nearest(bits: 7 | 15, id: number): number {
    const span = 1 << bits;
    const ahead = (id - this.highest) & (span - 1);
    return this.highest + (ahead < span / 2 ? ahead : ahead - span);
  }
}
