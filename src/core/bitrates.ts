/** What a segment weighs. */
export interface WeighedSegment {
  readonly bytes: number;
  readonly durationMs: number;
  readonly gap: boolean;
}

/** BANDWIDTH and AVERAGE-BANDWIDTH of a rendition, in bits per second. */
export interface Bitrates {
  readonly peakBps: number;
  readonly averageBps: number;
}

/**
 * Bitrates of the segments of a playlist. The peak is that of any consecutive ones which together last between half of the target
 * duration and one and a half of it (RFC 8216 section 4.1): a keyframe alone, left over when a publisher goes, has no bitrate.
 */
export function bitratesOf(segments: readonly WeighedSegment[], targetDurationMs: number): Bitrates {
  const averageBps = bitrateOf(segments.filter(({ gap }) => !gap));
  let peakBps = 0;
  for (const index of segments.keys())
    peakBps = Math.max(peakBps, peakFrom(segments, index, targetDurationMs));
  return { peakBps: peakBps || averageBps, averageBps };
}

/** Highest bitrate of the segments from one on, as many as count together; 0 when none do. */
function peakFrom(segments: readonly WeighedSegment[], from: number, targetDurationMs: number): number {
  let peakBps = 0;
  let bytes = 0;
  let durationMs = 0;
  for (let index = from; index < segments.length; index++) {
    const segment = segments[index];
    if (!segment || segment.gap) break;
    bytes += segment.bytes;
    durationMs += segment.durationMs;
    if (durationMs > 1.5 * targetDurationMs) break;
    if (durationMs >= 0.5 * targetDurationMs) peakBps = Math.max(peakBps, rate(bytes, durationMs));
  }
  return peakBps;
}

function bitrateOf(segments: readonly WeighedSegment[]): number {
  const bytes = segments.reduce((total, segment) => total + segment.bytes, 0);
  const durationMs = segments.reduce((total, segment) => total + segment.durationMs, 0);
  return rate(bytes, durationMs);
}

function rate(bytes: number, durationMs: number): number {
  return durationMs > 0 ? Math.ceil((bytes * 8_000) / durationMs) : 0;
}
