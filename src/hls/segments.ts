import type { Cut } from './parts.ts';
import { endOf } from './parts.ts';
import type { TimedSample } from './samples.ts';
import type { StreamTiming } from './timing.ts';

/** The segment that is being filled. */
export interface OpenSegment {
  readonly startMs: number;
  /** Begins with a frame at which decoding can begin. */
  readonly independent: boolean;
}

/** A keyframe this early is worth a new segment. */
const earlyShare = 0.9;

/**
 * Whether the leading rendition begins a new segment at this sample: at the first keyframe after nine tenths of the
 * target, at any keyframe when the segment has none at its start, and in any case before the segment would be longer
 * than EXT-X-TARGETDURATION allows. The last is judged where a part begins, so that it never leaves a sliver behind.
 */
export function leaderCuts(
  sample: TimedSample,
  open: OpenSegment,
  at: { readonly partStart: boolean; readonly timing: StreamTiming },
): boolean {
  const { timing } = at;
  const lengthMs = sample.startMs - open.startMs;
  if (lengthMs <= 0) return false;
  if (sample.independent && (lengthMs >= earlyShare * timing.segmentTargetMs || !open.independent))
    return true;
  if (at.partStart && lengthMs + timing.partTargetMs > timing.segmentLimitMs) return true;
  return endOf(sample) - open.startMs > timing.segmentLimitMs;
}

/**
 * Where the leader began a segment, for followers of one codec. The first of them whose part reaches it settles on the nearest
 * place between its parts, and the others on theirs next to that one: so they have the same segments, though their parts be some
 * milliseconds apart.
 */
export class Boundary {
  #atMs: number;
  #settled = false;

  constructor(startMs: number) {
    this.#atMs = startMs;
  }

  /** Whether a segment begins with this part, or should have begun. */
  isPassed({ startMs, endMs }: Pick<Cut, 'startMs' | 'endMs'>): boolean {
    const middleMs = (startMs + endMs) / 2;
    if (!this.#settled && this.#atMs < endMs) {
      this.#settled = true;
      this.#atMs = this.#atMs <= middleMs ? startMs : endMs;
    }
    return this.#atMs <= middleMs;
  }
}

/** Leader boundaries that a follower has not reached; more than these means that it stands still. */
const maxBoundaries = 64;

/**
 * Cuts a rendition that follows another (audio follows video): only between parts, at the one nearest to the leader's
 * boundary. A short part in front of an exact cut would be stepped over by players, which then miss its audio.
 */
export class FollowerBoundaries {
  #boundaries: Boundary[] = [];

  /** The leader began a segment. */
  leaderCutAt(boundary: Boundary): void {
    this.#boundaries.push(boundary);
    if (this.#boundaries.length > maxBoundaries) this.#boundaries.shift();
  }

  /** Whether a new segment begins with this part. */
  cuts(part: Cut, open: OpenSegment, timing: StreamTiming): boolean {
    const passed = this.#boundaries.filter((boundary) => boundary.isPassed(part));
    this.#boundaries = this.#boundaries.slice(passed.length);
    if (part.startMs <= open.startMs) return false;
    return passed.length > 0 || part.endMs - open.startMs > timing.segmentLimitMs;
  }

  clear(): void {
    this.#boundaries = [];
  }
}
