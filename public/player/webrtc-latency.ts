import type { LatencyEstimate } from './tier.ts';

/** The totals of one inbound video stream that the estimate needs, in the units of getStats (seconds). */
export interface InboundTotals {
  readonly jitterBufferDelay?: number | undefined;
  readonly jitterBufferEmittedCount?: number | undefined;
  readonly totalDecodeTime?: number | undefined;
  readonly framesDecoded?: number | undefined;
}

/**
 * About how old a frame is on this screen, counted from the gateway: half a round trip, the jitter buffer and decoding over
 * the time between two readings, and half a frame until the screen shows it. Nothing in a browser measures it directly, so
 * it stays an estimate.
 */
export function estimateWebrtcLatency(
  before: InboundTotals | undefined,
  now: InboundTotals,
  roundTripSeconds: number | undefined,
  frameRate: number | undefined,
): LatencyEstimate | undefined {
  const buffered = mean(before, now, 'jitterBufferDelay', 'jitterBufferEmittedCount');
  if (buffered === undefined || roundTripSeconds === undefined) return undefined;
  const decoding = mean(before, now, 'totalDecodeTime', 'framesDecoded') ?? 0;
  const display = frameRate !== undefined && frameRate > 1 ? 0.5 / frameRate : 1 / 60;
  return {
    ms: (roundTripSeconds / 2 + buffered + decoding + display) * 1000,
    how: 'half the round trip, the jitter buffer and decoding; the publisher’s own upload is not in it',
  };
}

function mean(
  before: InboundTotals | undefined,
  now: InboundTotals,
  sum: 'jitterBufferDelay' | 'totalDecodeTime',
  count: 'jitterBufferEmittedCount' | 'framesDecoded',
): number | undefined {
  const counted = (now[count] ?? 0) - (before?.[count] ?? 0);
  const summed = (now[sum] ?? 0) - (before?.[sum] ?? 0);
  return counted > 0 && summed >= 0 ? summed / counted : undefined;
}

/** Per-second rate of a growing total between two readings; undefined when it cannot be known. */
export function rateOf(
  before: number | undefined,
  now: number | undefined,
  elapsedMs: number,
): number | undefined {
  if (before === undefined || now === undefined || elapsedMs <= 0 || now < before) return undefined;
  return ((now - before) * 1000) / elapsedMs;
}
