import type { CaptionPlace } from '#src/core/timed-text.ts';

/** A caption with its times by the wall clock. */
export interface Cue {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly place: CaptionPlace;
}

/** A stretch of time; its end does not belong to it. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** Whether two stretches have a moment in common. */
export function overlaps(one: Stretch, other: Stretch): boolean {
  return one.startMs < other.endMs && other.startMs < one.endMs;
}

/** Whether two cues would look the same. */
export function sameCue(one: Cue, other: Cue): boolean {
  return (
    one.startMs === other.startMs &&
    one.endMs === other.endMs &&
    one.text === other.text &&
    JSON.stringify(one.place) === JSON.stringify(other.place)
  );
}
