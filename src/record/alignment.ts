import type { MediaSegment } from '#src/core/record.ts';

/** Segments of a rendition that are held back until the leader shows where to begin. */
const maxHeld = 3;

/**
 * Lets all renditions begin at the same place: at a segment of the first video, or, where there is none, of the first
 * rendition. Segments of the others come a little before or after; those count that lie mostly behind that place.
 */
export class Alignment {
  readonly #held = new Map<string, MediaSegment[]>();
  #fromMs: number | undefined;

  /** Returns what may be written now, in order. */
  take(segment: MediaSegment): readonly MediaSegment[] {
    if (this.#fromMs !== undefined) return this.#belongs(segment) ? [segment] : [];
    if (segment.kind === 'video' && !segment.gap && segment.independent) return this.#beginAt(segment);
    const held = this.#held.get(segment.rendition) ?? [];
    held.push(segment);
    this.#held.set(segment.rendition, held);
    if (held.length <= maxHeld) return [];
    // No video comes, or none that decoding could begin with: the best there is.
    const [first = segment] = [...this.#held.values()].flat().filter(({ gap }) => !gap);
    return this.#beginAt(first);
  }

  /** The next segments begin anew somewhere. */
  reset(): void {
    this.#fromMs = undefined;
    this.#held.clear();
  }

  #beginAt(first: MediaSegment): readonly MediaSegment[] {
    this.#fromMs = first.startWallMs;
    const held = [...this.#held.values()].flat().filter((one) => one !== first && this.#belongs(one));
    this.#held.clear();
    return [first, ...held];
  }

  #belongs({ startWallMs, durationMs }: MediaSegment): boolean {
    return startWallMs + durationMs / 2 >= (this.#fromMs ?? 0);
  }
}
