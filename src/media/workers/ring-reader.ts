import {
  gapMark,
  guardBytes,
  maxRecordBytes,
  recordMark,
  ringHeadBytes,
  ringWord,
  unitBytes,
} from './ring-layout.ts';

/**
 * One reader of a shared ring. Bodies are copied out before they are looked at: the writer may overtake at any time, and what
 * is sent to viewers must not change while it is encrypted. A reader that was overtaken goes on with what comes next.
 */
export class RingReader {
  /** How often it was overtaken. */
  lapses = 0;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #ringUnits: number;
  readonly #farUnits: number;
  readonly #copy = new Uint8Array(maxRecordBytes);
  #cursor: number;

  /** Begins with the next record that is written. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, ringHeadBytes / 4);
    this.#bytes = new Uint8Array(memory, ringHeadBytes);
    this.#view = new DataView(memory, ringHeadBytes);
    this.#ringUnits = this.#bytes.length / unitBytes;
    this.#farUnits = (this.#bytes.length - guardBytes) / unitBytes;
    this.#cursor = this.#written();
  }

  /** The next record's body, valid until the next call; undefined when there is none now, also after being overtaken. */
  next(): Uint8Array | undefined {
    for (;;) {
      const written = this.#written();
      if (written === this.#cursor) return undefined;
      const at = (this.#cursor % this.#ringUnits) * unitBytes;
      const bytes = this.#view.getUint32(at, true);
      const mark = this.#view.getUint32(at + 4, true);
      const isSound = bytes >= unitBytes && bytes <= maxRecordBytes && at + bytes <= this.#bytes.length;
      const isRecord = mark === recordMark;
      if (isSound && isRecord) this.#copy.set(this.#bytes.subarray(at + unitBytes, at + bytes));
      // Asked after the copy: only then it is known to be whole.
      if (this.#overtaken() || !isSound || (!isRecord && mark !== gapMark)) {
        this.#lapse();
        return undefined;
      }
      this.#cursor = (this.#cursor + Math.ceil(bytes / unitBytes)) >>> 0;
      if (isRecord) return this.#copy.subarray(0, bytes - unitBytes);
    }
  }

  /** Asks the writer to tell something again: bits of `ringAsk`. */
  ask(what: number): void {
    Atomics.or(this.#words, ringWord.asked, what);
  }

  /** Tells the writer that a keyframe of this video layer is needed. */
  want(layer: number): void {
    if (layer < 32) Atomics.or(this.#words, ringWord.wanted, 1 << layer);
  }

  #written(): number {
    return Atomics.load(this.#words, ringWord.written) >>> 0;
  }

  #overtaken(): boolean {
    return (this.#written() - this.#cursor) >>> 0 > this.#farUnits;
  }

  #lapse(): void {
    this.lapses++;
    this.#cursor = this.#written();
  }
}
