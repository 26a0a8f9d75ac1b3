import type { ServerClock } from '../shared/server-clock.ts';
import type { LatencyEstimate } from './tier.ts';

/** What the controller looks at, ten times a second. */
export interface LatencyReading {
  /** Live edge as the playlist tells it, plus the playlist's age, minus the playing position. */
  readonly latencyMs: number;
  readonly targetMs: number;
  /** Media ready ahead of the playing position. */
  readonly bufferMs: number;
  /** Length of a part; 0 when the playlist has no parts. */
  readonly partMs: number;
}

/** What to do: play at this rate, or jump ahead first. */
export interface LatencyStep {
  readonly rate: number;
  /** How far to jump ahead; 0 is not at all. */
  readonly skipMs: number;
}

/** Fastest and slowest playback that ears forgive: pitch is preserved, so up to a quarter is hardly heard. */
const fastest = 1.25;
/** Rate changes below this are not worth disturbing the decoder. */
const rateStep = 0.01;

/**
 * The low-latency controller that hls.js lacks: its own only speeds up with more than a second of buffer, which at this
 * latency is never there. It slows down when the buffer runs dry, catches up in proportion to the error, and jumps when
 * catching up would take too long.
 */
export function nextLatencyStep(reading: LatencyReading): LatencyStep {
  const { latencyMs, targetMs, bufferMs, partMs } = reading;
  const errorMs = latencyMs - targetMs;
  const spareMs = Math.max(200, Math.min(partMs, 400));
  if (errorMs > 3_000 && bufferMs > spareMs + 500)
    return { rate: 1, skipMs: Math.min(errorMs, bufferMs - spareMs) };
  if (bufferMs < 120) return { rate: 0.9, skipMs: 0 };
  if (errorMs > 30 && bufferMs > spareMs)
    return { rate: rounded(Math.min(fastest, 1 + 0.0006 * errorMs)), skipMs: 0 };
  if (errorMs < -80) return { rate: 0.95, skipMs: 0 };
  return { rate: 1, skipMs: 0 };
}

/** What the target is made of. */
export interface LatencyTarget {
  /** PART-HOLD-BACK, or HOLD-BACK of a playlist without parts. */
  readonly holdBackMs: number;
  readonly partMs: number;
  /** Distance added because playback stalled. */
  readonly extraMs: number;
}

/** Most that stalls may add: beyond it, latency helps no more and the line is simply too slow. */
const mostExtraMs = 3_000;

/** The distance from the live edge to hold. */
export function targetLatencyMs(target: LatencyTarget): number {
  return target.holdBackMs + target.extraMs;
}

/** What a playlist says of the distance to its end, in seconds; 0 or null where it says nothing. */
export interface SaidDistances {
  readonly partHoldBack: number;
  readonly holdBack: number;
  readonly targetduration: number;
  /** TIME-OFFSET of EXT-X-START. */
  readonly startTimeOffset: number | null;
}

/** How far behind the live edge players shall stay: as short as its parts allow, or where the operator wants them to begin. */
export function holdBackMs(said: SaidDistances): number {
  const distance = said.partHoldBack || said.holdBack || said.targetduration * 3;
  return Math.max(distance, -(said.startTimeOffset ?? 0)) * 1000;
}

/** After a stall: one part (at least 150 ms) further away. */
export function afterStall(target: LatencyTarget): LatencyTarget {
  return { ...target, extraMs: Math.min(mostExtraMs, target.extraMs + Math.max(150, target.partMs)) };
}

/** After half a minute without a stall: half of what stalls added is given back. */
export function afterCalm(target: LatencyTarget): LatencyTarget {
  const extraMs = target.extraMs / 2;
  return { ...target, extraMs: extraMs < 50 ? 0 : extraMs };
}

function rounded(rate: number): number {
  return Math.round(rate / rateStep) * rateStep;
}

/** Settings of hls.js that leave the rate to this controller; times in seconds as hls.js wants them. */
export function hlsSettings(targetSeconds: number): {
  readonly lowLatencyMode: true;
  readonly liveSyncDuration: number;
  readonly liveMaxLatencyDuration: number;
  readonly liveSyncOnStallIncrease: number;
  readonly maxLiveSyncPlaybackRate: number;
  readonly backBufferLength: number;
  readonly maxBufferHole: number;
} {
  return {
    lowLatencyMode: true,
    liveSyncDuration: targetSeconds,
    // Our own controller jumps; hls.js may only do so when the player fell hopelessly behind.
    liveMaxLatencyDuration: Math.max(15, targetSeconds * 4),
    // The default moves a whole second away from live at every stall.
    liveSyncOnStallIncrease: 0.05,
    maxLiveSyncPlaybackRate: 1,
    backBufferLength: 20,
    maxBufferHole: 0.3,
  };
}

/**
 * The latency from PROGRAM-DATE-TIME of what plays. That is the gateway's clock, so ours is corrected by the known offset. A
 * publisher whose own clock drifts makes it wrong; but what is behind the live edge has been in the gateway, so it can never
 * be less than that.
 */
export function latencyByDate(reading: {
  readonly playing: Date | null;
  readonly clock: Pick<ServerClock, 'offsetMs'>;
  readonly behindEdgeMs: number;
}): LatencyEstimate | undefined {
  const { playing, clock, behindEdgeMs } = reading;
  if (playing === null) return undefined;
  const { offsetMs } = clock;
  const how =
    offsetMs === undefined
      ? 'the stream’s time stamps against this device’s clock, which may be wrong'
      : 'the stream’s time stamps against the gateway’s clock; the publisher’s own upload is not in it';
  const byDateMs = Date.now() + (offsetMs ?? 0) - playing.getTime();
  return { ms: Math.max(0, behindEdgeMs, byDateMs), how };
}
