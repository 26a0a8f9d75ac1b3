import { writeUint16, writeUint24 } from '../bytes.ts';
import { SequenceUnwrapper } from '../sequence.ts';

/** Slots of the arrival ring; a power of two. At 5,000 packets per second it covers 400 ms. */
const slots = 2048;
/** Most statuses in one message: keeps it under 1,000 bytes whatever they are. */
const maxStatuses = 400;
/** Most losses that a message begins with; a jump of the sender's numbers is not a loss. */
const maxLeadingLosses = 200;
const ticksPerMs = 4;
const referenceMs = 64;
const runMax = 0x1fff;

/**
 * Arrival times of packets by transport-wide sequence number, and the feedback about them
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). A lost packet is reported as lost, and reported again
 * as received when it comes late.
 */
export class TransportArrivals {
  readonly #unwrapper = new SequenceUnwrapper();
  /** Arrival in ms by sequence; the parallel ring tells whose arrival it is. */
  readonly #arrivedMs = new Float64Array(slots);
  readonly #owner = new Float64Array(slots);
  readonly #symbols = new Uint8Array(maxStatuses);
  readonly #deltas = new Int16Array(maxStatuses);
  /** First sequence that no feedback has covered. */
  #next = -1;
  #feedbackCount = 0;

  /** Notes a packet; the first arrival of a sequence number counts. */
  record(sequence: number, arrivedMs: number): void {
    const extended = this.#unwrapper.unwrap(sequence);
    const slot = extended % slots;
    if (extended <= this.#unwrapper.highest - slots || this.#owner[slot] === extended) return;
    this.#owner[slot] = extended;
    this.#arrivedMs[slot] = arrivedMs;
    if (this.#next < 0 || extended < this.#next) this.#next = extended;
    if (this.#next <= this.#unwrapper.highest - slots) this.#next = this.#unwrapper.highest - slots + 1;
  }

  /** Whether a packet came that no feedback has reported. */
  get pending(): boolean {
    return this.#next >= 0 && this.#next <= this.#unwrapper.highest;
  }

  /**
   * Writes the control information of one message, a multiple of four bytes, and returns its length; 0 when nothing is
   * pending or less than 1,000 bytes are free. Call again while {@link pending}.
   */
  writeInto(into: Uint8Array): number {
    const received = this.#firstReceived();
    if (received < 0 || into.length < 1000) return 0;
    // What was lost between two messages belongs to the second one: its sender has no other word for it.
    const first = Math.max(this.#next, received - maxLeadingLosses);
    const reference = Math.floor((this.#arrivedMs[received % slots] ?? 0) / referenceMs);
    const count = this.#collect(first, reference * referenceMs * ticksPerMs);
    writeUint16(into, 0, first);
    writeUint16(into, 2, count);
    writeUint24(into, 4, reference % 0x100_0000);
    into[7] = this.#feedbackCount;
    this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;
    const end = this.#writeDeltas(into, this.#writeChunks(into, 8, count), count);
    const padded = 4 * Math.ceil(end / 4);
    into.fill(0, end, padded);
    this.#next = first + count;
    return padded;
  }

  #firstReceived(): number {
    if (!this.pending) return -1;
    for (let sequence = this.#next; sequence <= this.#unwrapper.highest; sequence += 1) {
      if (this.#owner[sequence % slots] === sequence) return sequence;
    }
    return -1;
  }

  /** Fills symbols and deltas from `first` on, up to the last received packet; stops where a delta leaves 16 bits. */
  #collect(first: number, referenceTicks: number): number {
    let ticks = referenceTicks;
    let count = 0;
    const last = Math.min(this.#unwrapper.highest, first + maxStatuses - 1);
    for (let sequence = first; sequence <= last; sequence += 1) {
      const slot = sequence % slots;
      if (this.#owner[slot] !== sequence) {
        this.#symbols[sequence - first] = 0;
        continue;
      }
      const delta = Math.round((this.#arrivedMs[slot] ?? 0) * ticksPerMs) - ticks;
      if (delta < -0x8000 || delta > 0x7fff) break;
      ticks += delta;
      this.#symbols[sequence - first] = delta >= 0 && delta <= 0xff ? 1 : 2;
      this.#deltas[sequence - first] = delta;
      count = sequence - first + 1;
    }
    return count;
  }

  #writeChunks(into: Uint8Array, from: number, count: number): number {
    let at = from;
    for (let i = 0; i < count; at += 2) {
      const run = this.#runAt(i, count);
      if (run >= 7 || i + run === count) {
        writeUint16(into, at, ((this.#symbols[i] ?? 0) << 13) | run);
        i += run;
      } else if (this.#smallAt(i, count)) {
        writeUint16(into, at, 0x8000 | this.#vector(i, count, 1));
        i += 14;
      } else {
        writeUint16(into, at, 0xc000 | this.#vector(i, count, 2));
        i += 7;
      }
    }
    return at;
  }

  #runAt(from: number, count: number): number {
    let end = from + 1;
    while (end < count && end - from < runMax && this.#symbols[end] === this.#symbols[from]) end += 1;
    return end - from;
  }

  /** Whether the next 14 statuses need one bit each. */
  #smallAt(from: number, count: number): boolean {
    for (let i = from; i < Math.min(from + 14, count); i += 1) if (this.#symbols[i] === 2) return false;
    return true;
  }

  #vector(from: number, count: number, bits: 1 | 2): number {
    let vector = 0;
    for (let i = from; i < from + 14 / bits; i += 1) {
      vector = (vector << bits) | (i < count ? (this.#symbols[i] ?? 0) : 0);
    }
    return vector;
  }

  #writeDeltas(into: Uint8Array, from: number, count: number): number {
    let at = from;
    for (let i = 0; i < count; i += 1) {
      const symbol = this.#symbols[i] ?? 0;
      if (symbol === 1) into[at] = this.#deltas[i] ?? 0;
      else if (symbol === 2) writeUint16(into, at, this.#deltas[i] ?? 0);
      at += symbol;
    }
    return at;
  }
}
