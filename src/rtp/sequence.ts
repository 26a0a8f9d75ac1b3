/** How far `to` lies behind (negative) or ahead of `from`, both 16-bit sequence numbers (RFC 1982 arithmetic). */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far `to` lies behind (negative) or ahead of `from`, both 32-bit RTP timestamps. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * Extends 16-bit sequence numbers to numbers that never wrap. Each is placed nearest to the highest seen so far, so late
 * packets get their own, older number. The first lands at 65536 or above: nothing late ever becomes negative.
 */
export class SequenceUnwrapper {
  #highest = -1;

  /** Highest extended number so far, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  unwrap(sequence: number): number {
    if (this.#highest < 0) return (this.#highest = 0x1_0000 + (sequence & 0xffff));
    const extended = this.#highest + sequenceDistance(this.#highest & 0xffff, sequence);
    if (extended > this.#highest) this.#highest = extended;
    return extended;
  }
}

/** Extends 32-bit RTP timestamps the way {@link SequenceUnwrapper} extends sequence numbers; the first is 2^32 or above. */
export class TimestampUnwrapper {
  #highest = -1;

  /** Highest extended timestamp so far, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  unwrap(timestamp: number): number {
    if (this.#highest < 0) return (this.#highest = 0x1_0000_0000 + (timestamp >>> 0));
    const extended = this.#highest + timestampDistance(this.#highest | 0, timestamp);
    if (extended > this.#highest) this.#highest = extended;
    return extended;
  }
}
