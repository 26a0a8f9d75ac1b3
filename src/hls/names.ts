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

  /** Segments are counted without gaps: their numbers in a run are consecutive, as a DASH SegmentTimeline needs them. */
  segment(run: number, count: number): string {
    return `${this.#id}_e${run}_s${count}.m4s`;
  }

  /** A gap needs a URI, which nobody may ask for. */
  gap(run: number, msn: number): string {
    return `${this.#id}_e${run}_g${msn}.m4s`;
  }

  /** Parts are counted over the whole stream: the hinted part may turn out to be the first of the next segment. */
  part(run: number, count: number): string {
    return `${this.#id}_e${run}_p${count}.m4s`;
  }
}

/** Run and number in the name of a segment; undefined for names of anything else. */
export function segmentNumber(name: string): { readonly run: number; readonly number: number } | undefined {
  const found = /_e(\d+)_s(\d+)\./.exec(name);
  return found ? { run: Number(found[1]), number: Number(found[2]) } : undefined;
}
