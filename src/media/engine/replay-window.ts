const windowPackets = 2048;
const windowMask = windowPackets - 1;

/**
 * Remembers which of the last 2048 packet indices came (RFC 3711 section 3.3.2). RFC 3711 asks for at least 64; a
 * publisher without RTX repeats lost packets under their old number, at 10 Mbit/s and 200 ms round trip up to a few
 * hundred packets late, and must not be taken for a replay.
 */
export class ReplayWindow {
  readonly #seen = new Uint32Array(windowPackets / 32);
  #highest = -1;

  /** The highest index so far, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether this index is new and not older than the window. */
  accepts(index: number): boolean {
    if (index > this.#highest) return true;
    if (index <= this.#highest - windowPackets) return false;
    return ((this.#seen[(index & windowMask) >>> 5] ?? 0) & (1 << (index & 31))) === 0;
  }

  /** Notes an authenticated packet. */
  record(index: number): void {
    if (index - this.#highest >= windowPackets) {
      this.#seen.fill(0);
      this.#highest = index;
    }
    // The slots between the old highest and the new one belong to packets that have not come yet.
    while (this.#highest < index) this.#set(++this.#highest, false);
    this.#set(index, true);
  }

  #set(index: number, seen: boolean): void {
    const word = (index & windowMask) >>> 5;
    const bit = 1 << (index & 31);
    const before = this.#seen[word] ?? 0;
    this.#seen[word] = seen ? before | bit : before & ~bit;
  }
}
