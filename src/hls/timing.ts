import type { HlsConfig } from './config.ts';

/** The fixed times of one stream: nothing here may change while it lives (RFC 8216bis section 6.2.1). */
export interface StreamTiming {
  readonly partTargetMs: number;
  readonly segmentTargetMs: number;
  /** EXT-X-TARGETDURATION, whole seconds. */
  readonly targetDurationMs: number;
  /** No segment may be longer: EXTINF rounds to the target duration up to here (section 4.4.3.1). */
  readonly segmentLimitMs: number;
  readonly partHoldBackMs: number;
  readonly holdBackMs: number;
  readonly canSkipUntilMs: number;
  /** Media that stays listed. */
  readonly windowMs: number;
  /** New players begin this far behind the end (EXT-X-START); undefined leaves that to them. */
  readonly startBehindMs?: number;
}

/** A part of fewer frames falls below 85 % of the target when a single frame is missing. */
const minFramesPerPart = 4;
/** A part may be this much shorter or longer than wished so that whole seconds divide into whole parts. */
const tolerance = 0.3;
/** Hundredths of a millisecond: what five decimals of a second can say. */
const stepsPerMs = 100;

/**
 * PART-TARGET for this frame interval: N and a half frames, so that jitter of less than half a frame changes nothing,
 * with an N that divides a second where there is one near: keyframes mostly come on whole seconds, and the part in front
 * of one is then no sliver, which players would step over.
 */
export function partTargetFor(frameMs: number, wishedMs: number): number {
  const wished = wishedMs / frameMs;
  const framesPerSecond = Math.round(1000 / frameMs);
  const lowest = Math.max(minFramesPerPart, Math.ceil(wished * (1 - tolerance)));
  const highest = Math.max(lowest + 1, Math.floor(wished * (1 + tolerance)));
  let best = lowest;
  for (let frames = lowest; frames <= highest; frames += 1) {
    if (score(frames, wished, framesPerSecond) < score(best, wished, framesPerSecond)) best = frames;
  }
  return roundUp((best + 0.5) * frameMs);
}

function score(frames: number, wished: number, framesPerSecond: number): number {
  const uneven = framesPerSecond % frames === 0 ? 0 : 1_000;
  return uneven + Math.abs(frames - wished);
}

/**
 * The usual frame interval: the shorter ones count, because browsers begin with every other frame; single odd values do
 * not move it.
 */
export function usualFrameMs(durationsMs: readonly number[]): number | undefined {
  return durationsMs.toSorted((one, other) => one - other)[durationsMs.length >> 2];
}

/** Intervals that differ more from the usual one are frames that are missing, or a frame that came late. */
const oddShare = 1.5;
/** Nearer to one of the rates that cameras have it is that one, told by stamps that are rounded or jitter. */
const rateTolerance = 0.005;

/** Frames per second by their intervals, as FRAME-RATE says it; undefined without any. */
export function frameRateOf(durationsMs: readonly number[]): number | undefined {
  const usualMs = usualFrameMs(durationsMs);
  if (usualMs === undefined) return undefined;
  const usual = durationsMs.filter((ms) => ms < usualMs * oddShare && ms > usualMs / oddShare);
  const rate = (1000 * usual.length) / usual.reduce((sum, ms) => sum + ms, 0);
  const whole = Math.round(rate);
  // 29.97 and its like: a thousandth less.
  const [nearest = rate] = [whole, (whole * 1000) / 1001].toSorted(
    (one, other) => Math.abs(one - rate) - Math.abs(other - rate),
  );
  return nearest > 0 && Math.abs(nearest - rate) <= rateTolerance * rate ? nearest : rate;
}

/** All fixed times for a part target. */
export function timingOf(partTargetMs: number, config: HlsConfig): StreamTiming {
  const targetDurationMs =
    Math.ceil(Math.max(config.targetDurationMs, config.segmentTargetMs, partTargetMs) / 1000) * 1000;
  return {
    partTargetMs,
    segmentTargetMs: config.segmentTargetMs,
    targetDurationMs,
    segmentLimitMs: targetDurationMs + 499,
    partHoldBackMs: roundUp(config.holdBackParts * partTargetMs),
    holdBackMs: 3 * targetDurationMs,
    canSkipUntilMs: 6 * targetDurationMs,
    // Section 6.2.2: a live playlist must hold at least three target durations after a segment left it.
    windowMs: Math.max(config.windowSegments * config.segmentTargetMs, 4 * targetDurationMs),
    ...(config.startBehindMs !== undefined && { startBehindMs: config.startBehindMs }),
  };
}

/** Playlists print five decimals of a second: no rounding may make a limit smaller than what it limits. */
function roundUp(ms: number): number {
  return Math.ceil(ms * stepsPerMs) / stepsPerMs;
}
