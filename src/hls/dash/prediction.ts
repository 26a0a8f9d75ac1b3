import type { StreamTiming } from '../timing.ts';

/** What is said of segments before they are complete. */
export interface Prediction {
  readonly durationMs: number;
  /** Segments after the last complete one that may be listed. */
  readonly segments: 1 | 2;
}

/** Segments that tell how long the next will be. */
const counted = 5;
/** Longer than expected by less than this, a segment ends before its prediction does. */
const marginMs = 100;
/**
 * A segment ends at the first keyframe after nine tenths of the target, so two that follow each other are together no shorter
 * than 1.8 targets, and three than 2.7.
 */
const shortestShare = 0.9;

/**
 * How long the next segments will be, going by those before them; undefined where the promise would be too long. Players keep
 * what an MPD once said of a segment and step over segments that end before it does: a prediction must be rather long, but
 * never as long as two real ones, or media would be lost to them when keyframes suddenly come more often.
 */
export function predict(
  durationsMs: readonly number[],
  { segmentTargetMs }: StreamTiming,
): Prediction | undefined {
  const recent = durationsMs.slice(-counted).toSorted((one, other) => one - other);
  // The second longest of five: that in which the publisher was away for a moment says nothing.
  const usualMs = recent[Math.round((recent.length - 1) * 0.75)];
  if (usualMs === undefined) return undefined;
  const durationMs = Math.round(Math.max(segmentTargetMs * shortestShare, usualMs) + marginMs);
  if (2 * durationMs < 3 * shortestShare * segmentTargetMs) return { durationMs, segments: 2 };
  return durationMs < 2 * shortestShare * segmentTargetMs ? { durationMs, segments: 1 } : undefined;
}

/** Where a segment that has not ended is said to end: at its prediction, and later by halves when it outgrows it. */
export function predictedEndMs(startMs: number, hasUntilMs: number, durationMs: number): number {
  const overMs = hasUntilMs - startMs - durationMs;
  const halves = overMs <= 0 ? 0 : Math.ceil(overMs / (durationMs / 2));
  return startMs + durationMs + (halves * durationMs) / 2;
}
