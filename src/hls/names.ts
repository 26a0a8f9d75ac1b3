import type { Segment } from './media-segment.ts';
import type { MediaWindow } from './window.ts';

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

/**
 * Whether a file of this name would have been made by now: where it is not there, it never will be. A name of which nobody can
 * tell is none.
 */
export function isPast(name: string, { segments }: Pick<MediaWindow, 'segments'>): boolean {
  const [, run, kind, count] = /_e(\d+)(?:_([ps])(\d+))?\./.exec(name) ?? [];
  if (run === undefined) return false;
  const newest = segments.at(-1);
  if (kind === undefined) return newest !== undefined && Number(run) <= newest.run;
  // Both counts go on over runs, so that the run says nothing.
  const made = kind === 'p' ? newestPart(segments) : segments.findLast((segment) => !segment.gap)?.name;
  const last = made === undefined ? undefined : /_[ps](\d+)\./.exec(made)?.[1];
  return last !== undefined && Number(count) <= Number(last);
}

function newestPart(segments: readonly Segment[]): string | undefined {
  return segments.findLast((segment) => segment.parts.length > 0)?.parts.at(-1)?.name;
}
