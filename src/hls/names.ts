/**
 * File names of one rendition. A name is never used for anything else, so that caches may keep what they have for ever; the
 * number of the run is in it, the counters go on over runs.
 */
export class Names {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  get playlist(): string {
    return `${this.#id}.m3u8`;
  }

  map(run: number): string {
    return `${this.#id}_e${run}.mp4`;
  }

  segment(run: number, msn: number): string {
    return `${this.#id}_e${run}_s${msn}.m4s`;
  }

  /** Parts are counted over the whole stream: the hinted part may turn out to be the first of the next segment. */
  part(run: number, count: number): string {
    return `${this.#id}_e${run}_p${count}.m4s`;
  }
}
