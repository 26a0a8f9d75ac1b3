import { gapMark, maxRecordBytes, recordMark, ringHeadBytes, ringWord, unitBytes } from './ring-layout.ts';

/** The one writer of a shared ring. It never waits: readers that cannot follow are overtaken, and notice. */
export class RingWriter {
  /** The ring's bytes, to be filled between {@link reserve} and {@link publish}. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #words: Int32Array;
  readonly #ringUnits: number;
  /** Units announced, as they are in the shared word. */
  #written: number;
  #reservedUnits = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, ringHeadBytes / 4);
    this.bytes = new Uint8Array(memory, ringHeadBytes);
    this.view = new DataView(memory, ringHeadBytes);
    this.#ringUnits = this.bytes.length / unitBytes;
    this.#written = Atomics.load(this.#words, ringWord.written) >>> 0;
  }

  /** Makes room for a body of so many bytes and returns its place in {@link bytes}. Throws for one that is too large. */
  reserve(bodyBytes: number): number {
    const bytes = unitBytes + bodyBytes;
    if (bytes > maxRecordBytes)
      throw new RangeError(`a record of ${String(bytes)} bytes is too large to share`);
    const units = Math.ceil(bytes / unitBytes);
    let unit = this.#written % this.#ringUnits;
    this.#reservedUnits = units;
    if (unit + units > this.#ringUnits) {
      const gapUnits = this.#ringUnits - unit;
      this.view.setUint32(unit * unitBytes, gapUnits * unitBytes, true);
      this.view.setUint32(unit * unitBytes + 4, gapMark, true);
      this.#reservedUnits += gapUnits;
      unit = 0;
    }
    const at = unit * unitBytes;
    this.view.setUint32(at, bytes, true);
    this.view.setUint32(at + 4, recordMark, true);
    return at + unitBytes;
  }

  /** Announces what was reserved. */
  publish(): void {
    this.#written = (this.#written + this.#reservedUnits) >>> 0;
    this.#reservedUnits = 0;
    Atomics.store(this.#words, ringWord.written, this.#written | 0);
  }

  /** What readers asked for since the last call: bits of `ringAsk`. */
  takeAsked(): number {
    return Atomics.exchange(this.#words, ringWord.asked, 0);
  }

  /** Forgets wishes for a keyframe of this layer: one is on its way to all who had them. */
  dropWanted(layer: number): void {
    Atomics.and(this.#words, ringWord.wanted, ~(1 << layer));
  }

  /** The layers of which readers wanted keyframes since the last call, one bit each. */
  takeWanted(): number {
    return Atomics.exchange(this.#words, ringWord.wanted, 0);
  }
}
