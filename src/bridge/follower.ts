import { TrackTime } from './track-time.ts';

/** A follower moves at most this much per second to meet the leader; FFmpeg's resampler follows 2 % without a seam. */
const slewPerMs = 0.02;
/** Differences below these are left alone: arrival times jitter, sender reports hardly do. */
const arrivalToleranceMs = 30;
const reportToleranceMs = 8;
const settledMs = 1;
/** Sender reports that contradict the arrival times by more than this are not on one clock. */
const maxReportSkewMs = 3_000;

/**
 * A track's times, and what ties them to those of the track that leads: the sender reports when both have one (RFC 3550
 * section 6.4.1), until then the arrivals; corrections are slewed, so time neither jumps nor runs backwards.
 */
export class Follower {
  readonly time: TrackTime;
  /** Added to its media time to get the leader's. */
  #shiftMs: number | undefined;
  #slewing = false;
  #lastMs = 0;

  constructor(clockRateHz: number) {
    this.time = new TrackTime(clockRateHz);
  }

  /** An epoch begins, or its timestamps broke off: what ties it is found out anew. */
  begin(): void {
    this.#shiftMs = undefined;
    this.#slewing = false;
  }

  /**
   * What to add to this media time, moved towards its target as far as the time since the last one allows; undefined while nothing
   * ties both.
   */
  shift(mediaMs: number, leader: TrackTime): number | undefined {
    const target = this.#target(leader);
    if (!target) return this.#shiftMs;
    if (this.#shiftMs === undefined) {
      this.#shiftMs = target.shiftMs;
    } else {
      const error = target.shiftMs - this.#shiftMs;
      this.#slewing = Math.abs(error) > (this.#slewing ? settledMs : target.toleranceMs);
      const step = slewPerMs * Math.max(0, mediaMs - this.#lastMs);
      if (this.#slewing) this.#shiftMs += Math.max(-step, Math.min(step, error));
    }
    this.#lastMs = Math.max(this.#lastMs, mediaMs);
    return this.#shiftMs;
  }

  #target(leader: TrackTime): { readonly shiftMs: number; readonly toleranceMs: number } | undefined {
    const byArrival = difference(this.time.arrivalOffsetMs, leader.arrivalOffsetMs);
    const byReport = difference(this.time.reportOffsetMs, leader.reportOffsetMs);
    const trusted =
      byReport !== undefined && (byArrival === undefined || Math.abs(byReport - byArrival) < maxReportSkewMs);
    if (trusted) return { shiftMs: byReport, toleranceMs: reportToleranceMs };
    return byArrival === undefined ? undefined : { shiftMs: byArrival, toleranceMs: arrivalToleranceMs };
  }
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}
