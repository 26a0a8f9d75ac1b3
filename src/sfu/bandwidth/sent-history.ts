/** Packets remembered; a power of two. At 1,000 packets per second it covers two seconds, far above any round trip. */
const slots = 2048;
const slotMask = slots - 1;
/** Send times are kept in 1/16 ms: 32 bits then wrap after three days, long after the slot was used again. */
const ticksPerMs = 16;

const fateLost = 1;
const fateAcked = 2;

/**
 * What was sent to one viewer, by transport-wide sequence number: when, how large, and in which probe cluster
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2). A ring of typed arrays, 16 KiB a viewer; nothing is
 * allocated after construction.
 */
export class SentHistory {
  readonly #ticks = new Uint32Array(slots);
  readonly #bytes = new Uint16Array(slots);
  readonly #clusters = new Uint8Array(slots);
  readonly #fates = new Uint8Array(slots);
  #next: number;
  #filled = 0;
  /** Of the newest packet, not wrapped: older times are told from their distance to it. */
  #newestTicks = 0;

  /** `first` is the number of the first packet. */
  constructor(first = 0) {
    this.#next = first & 0xffff;
  }

  /** Notes a packet and returns the number it carries; `cluster` 0 belongs to no probe. */
  sent(bytes: number, nowMs: number, cluster: number): number {
    const sequence = this.#next;
    const slot = sequence & slotMask;
    const ticks = Math.round(nowMs * ticksPerMs);
    // Never back: a sender whose clock reading is older than the last one sent at the same instant.
    if (ticks > this.#newestTicks) this.#newestTicks = ticks;
    this.#ticks[slot] = this.#newestTicks % 0x1_0000_0000;
    this.#bytes[slot] = bytes;
    this.#clusters[slot] = cluster;
    this.#fates[slot] = 0;
    this.#next = (sequence + 1) & 0xffff;
    if (this.#filled < slots) this.#filled += 1;
    return sequence;
  }

  /** Slot of a packet, or -1 when the number was never sent or is too old. */
  find(sequence: number): number {
    const age = (this.#next - 1 - sequence) & 0xffff;
    return age < this.#filled ? sequence & slotMask : -1;
  }

  /** When the packet in this slot was sent. */
  sentMs(slot: number): number {
    const newest = this.#newestTicks % 0x1_0000_0000;
    return (this.#newestTicks - ((newest - (this.#ticks[slot] ?? 0)) >>> 0)) / ticksPerMs;
  }

  /** Size of the packet in this slot. */
  bytes(slot: number): number {
    return this.#bytes[slot] ?? 0;
  }

  /** Probe cluster of the packet in this slot; 0 for none. */
  cluster(slot: number): number {
    return this.#clusters[slot] ?? 0;
  }

  /** Whether the packet was reported as lost and has not come since. */
  lost(slot: number): boolean {
    return this.#fates[slot] === fateLost;
  }

  /** Marks the packet as arrived; false when it was before: feedback that repeats tells nothing. */
  markAcked(slot: number): boolean {
    if (this.#fates[slot] === fateAcked) return false;
    this.#fates[slot] = fateAcked;
    return true;
  }

  /** Marks the packet as reported lost; false when its fate was known before. */
  markLost(slot: number): boolean {
    if (this.#fates[slot] !== 0) return false;
    this.#fates[slot] = fateLost;
    return true;
  }
}
