/** The last numbers of a series; older ones make room. */
export class Rolling {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** How many are kept now. */
  get size(): number {
    return Math.min(this.#count, this.#values.length);
  }

  push(value: number): void {
    this.#values[this.#count % this.#values.length] = value;
    this.#count += 1;
  }

  /** The kept ones, smallest first. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.size).toSorted();
  }

  clear(): void {
    this.#count = 0;
  }
}

/** The middle of sorted numbers; 0 without any. */
export function medianOf(sorted: Float64Array): number {
  return sorted[sorted.length >> 1] ?? 0;
}
