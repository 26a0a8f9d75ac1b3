/** Runs that are remembered: as many as init segments are kept of. */
const maxRuns = 64;

/**
 * How high the pictures of each run of the encoder are, for viewers who may have no higher ones than so many lines. Where a run
 * has none that is small enough they get the smallest, because a picture of the wrong size is better than none.
 */
export class Heights {
  readonly #runs = new Map<number, Map<string, number>>();
  /** The newest of each rendition. */
  readonly #newest = new Map<string, number>();
  #run = 0;

  /** A run begins that has these renditions with pictures. */
  begin(run: number, ids: readonly string[]): void {
    this.#run = run;
    const heights = new Map<string, number>();
    // Until it has begun, one that was there before is believed to be as high as it was: else the first to begin would for a
    // moment be the smallest that there is.
    for (const id of ids) {
      const known = this.#newest.get(id);
      if (known !== undefined) heights.set(id, known);
    }
    this.#runs.set(run, heights);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > maxRuns && oldest !== undefined) this.#runs.delete(oldest);
  }

  /** A rendition has begun in the run of now. */
  put(id: string, height: number): void {
    this.#runs.get(this.#run)?.set(id, height);
    this.#newest.set(id, height);
  }

  /** Whether a rendition may be had within this limit: in the run of now, or in another one. Sound always may. */
  allows(id: string, maxHeight: number | undefined, run = this.#run): boolean {
    if (maxHeight === undefined || !this.#newest.has(id)) return true;
    const heights = this.#runs.get(run);
    const height = heights?.get(id) ?? this.#newest.get(id) ?? 0;
    if (height <= maxHeight) return true;
    const smallest = Math.min(...(heights?.values() ?? []));
    return heights?.has(id) === true && height <= smallest;
  }
}
