import type { TimedSample } from './samples.ts';

/** A picture and when it is shown. */
export interface ShownSample {
  readonly sample: TimedSample;
  readonly shownMs: number;
}

/** A picture of a lower rung whose place in the segments is known. */
export interface PlacedSample {
  readonly rendition: string;
  readonly sample: TimedSample;
  /** A segment begins with it. */
  readonly cut: boolean;
}

/** Rungs count in the same ticks; what B-frames do to the times of the top rounds by one. */
const toleranceMs = 2;
/** Four seconds at 30 per second: a leader that stands still for longer is no longer waited for. */
const maxWaiting = 120;
const maxCuts = 64;

interface Follower {
  readonly waiting: ShownSample[];
  /** When pictures are shown at which the leader began segments, as far as this one has not come. */
  readonly cuts: number[];
}

/**
 * Keeps the lower rungs of one run in step with the one that leads: their segments begin with the same pictures
 * (RFC 8216bis section 6.2.4). A rung that is ahead waits until the leader has decided. Pure, and bounded.
 */
export class RungAlignment {
  readonly #followers = new Map<string, Follower>();
  #reachedMs = -Infinity;
  #cutDue = false;

  /** These renditions follow, from the beginning of a run on. */
  begin(renditions: readonly string[]): void {
    this.#followers.clear();
    for (const rendition of renditions) this.#followers.set(rendition, { waiting: [], cuts: [] });
    this.#reachedMs = -Infinity;
    this.#cutDue = false;
  }

  /** Whether a rendition must be held here before it is packaged. */
  follows(rendition: string): boolean {
    return this.#followers.has(rendition);
  }

  /** The leader begins a segment with the picture that is told to {@link lead} next. */
  cut(): void {
    this.#cutDue = true;
  }

  /** The leader has taken a picture that is shown then; gives those that waited for it. */
  lead(shownMs: number): readonly PlacedSample[] {
    if (this.#cutDue) for (const { cuts } of this.#followers.values()) remember(cuts, shownMs);
    this.#cutDue = false;
    this.#reachedMs = Math.max(this.#reachedMs, shownMs);
    return [...this.#followers.keys()].flatMap((rendition) => this.#release(rendition));
  }

  /** Takes a picture of a rung, and gives those of it that need not wait. */
  follow(rendition: string, shown: ShownSample): readonly PlacedSample[] {
    this.#followers.get(rendition)?.waiting.push(shown);
    return this.#release(rendition);
  }

  /** Gives whatever a rung still holds: nothing will come that is worth waiting for. */
  rest(rendition: string): readonly PlacedSample[] {
    return this.#release(rendition, Infinity);
  }

  #release(rendition: string, reachedMs = this.#reachedMs): readonly PlacedSample[] {
    const follower = this.#followers.get(rendition);
    if (!follower) return [];
    const { waiting, cuts } = follower;
    const placed: PlacedSample[] = [];
    for (let first = waiting[0]; first; first = waiting[0]) {
      const untilMs = first.shownMs + toleranceMs;
      if (first.shownMs > reachedMs + toleranceMs && waiting.length <= maxWaiting) break;
      waiting.shift();
      const passed = cuts.findLastIndex((cutMs) => cutMs <= untilMs) + 1;
      cuts.splice(0, passed);
      placed.push({ rendition, sample: first.sample, cut: passed > 0 });
    }
    return placed;
  }
}

function remember(cuts: number[], shownMs: number): void {
  cuts.push(shownMs);
  if (cuts.length > maxCuts) cuts.shift();
}
