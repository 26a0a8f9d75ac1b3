import type { TrackKind } from '#src/core/media.ts';
import { TrackTime } from './track-time.ts';
import type { TapClock } from './tap.ts';

/** What the timeline needs of an access unit. */
export interface Stamped {
  readonly kind: TrackKind;
  readonly timestamp: number;
  readonly arrivedMs: number;
}

/** Where a unit belongs on the timeline. */
export interface Placed {
  /** Milliseconds since the unit that began the epoch; negative for what came from before it. */
  readonly timeMs: number;
  /** The timestamp went back a little: pictures come in decoding order, not in that of their times. */
  readonly backwards: boolean;
}

/** Audio moves at most this much per second to meet the video; FFmpeg's resampler follows 2 % without a seam. */
const slewPerMs = 0.02;
/** Differences below these are left alone: arrival times jitter, sender reports hardly do. */
const arrivalToleranceMs = 30;
const reportToleranceMs = 8;
const settledMs = 1;
/** Sender reports that contradict the arrival times by more than this are not on one clock. */
const maxReportSkewMs = 3_000;

/**
 * Puts both tracks on one timeline that begins at 0 with the unit that begins an epoch. The leading track (video when
 * there is one) runs by its RTP timestamps alone. The other is tied to it by the sender reports when both have one
 * (RFC 3550 section 6.4.1), until then by arrival; corrections are slewed, so time neither jumps nor runs backwards.
 */
export class Timeline {
  readonly #tracks: Readonly<Record<TrackKind, TrackTime>>;
  #leader: TrackKind = 'video';
  #zeroMs: number | undefined;
  /** Added to the follower's media time to get the leader's. */
  #shiftMs: number | undefined;
  #slewing = false;
  readonly #lastMs: Record<TrackKind, number> = { video: -Infinity, audio: -Infinity };
  #lastFollowerMs = 0;

  constructor(clockRatesHz: Readonly<Record<TrackKind, number>>) {
    this.#tracks = { video: new TrackTime(clockRatesHz.video), audio: new TrackTime(clockRatesHz.audio) };
  }

  /** Learns from every unit, placed or not; false when its timestamps broke off: only a new epoch helps. */
  observe(unit: Stamped): boolean {
    return this.#tracks[unit.kind].observe(unit.timestamp, unit.arrivedMs);
  }

  /** A sender report, mapped onto the tap's timeline. */
  clock(reading: TapClock): void {
    this.#tracks[reading.kind].report(reading.timestamp, reading.ntpMs);
  }

  /** Begins an epoch: this unit, observed before, is time 0. */
  begin(unit: Stamped): void {
    this.#leader = unit.kind;
    this.#zeroMs = this.#tracks[unit.kind].mediaMs(unit.timestamp);
    this.#shiftMs = undefined;
    this.#slewing = false;
    this.#lastMs.video = -Infinity;
    this.#lastMs.audio = -Infinity;
  }

  /** Places an observed unit; undefined before {@link begin} or when nothing ties its track to the leader yet. */
  place(unit: Stamped): Placed | undefined {
    if (this.#zeroMs === undefined) return undefined;
    const mediaMs = this.#tracks[unit.kind].mediaMs(unit.timestamp);
    const shiftMs = unit.kind === this.#leader ? 0 : this.#follow(mediaMs);
    if (shiftMs === undefined) return undefined;
    const timeMs = mediaMs + shiftMs - this.#zeroMs;
    const lastMs = this.#lastMs[unit.kind];
    this.#lastMs[unit.kind] = Math.max(lastMs, timeMs);
    return { timeMs, backwards: timeMs < lastMs };
  }

  /** Where a picture beside the leading video belongs, in whose timestamps it comes; undefined before {@link begin}. */
  placeBeside(timestamp: number): number | undefined {
    if (this.#zeroMs === undefined || this.#leader !== 'video') return undefined;
    return this.#tracks.video.mediaMs(timestamp) - this.#zeroMs;
  }

  /** The shift for a follower's unit, moved towards its target as far as the time since the last unit allows. */
  #follow(mediaMs: number): number | undefined {
    const target = this.#target();
    if (!target) return this.#shiftMs;
    if (this.#shiftMs === undefined) {
      this.#shiftMs = target.shiftMs;
    } else {
      const error = target.shiftMs - this.#shiftMs;
      this.#slewing = Math.abs(error) > (this.#slewing ? settledMs : target.toleranceMs);
      const step = slewPerMs * Math.max(0, mediaMs - this.#lastFollowerMs);
      if (this.#slewing) this.#shiftMs += Math.max(-step, Math.min(step, error));
    }
    this.#lastFollowerMs = Math.max(this.#lastFollowerMs, mediaMs);
    return this.#shiftMs;
  }

  #target(): { readonly shiftMs: number; readonly toleranceMs: number } | undefined {
    const leader = this.#tracks[this.#leader];
    const follower = this.#tracks[this.#leader === 'video' ? 'audio' : 'video'];
    const byArrival = difference(follower.arrivalOffsetMs, leader.arrivalOffsetMs);
    const byReport = difference(follower.reportOffsetMs, leader.reportOffsetMs);
    const trusted =
      byReport !== undefined && (byArrival === undefined || Math.abs(byReport - byArrival) < maxReportSkewMs);
    if (trusted) return { shiftMs: byReport, toleranceMs: reportToleranceMs };
    return byArrival === undefined ? undefined : { shiftMs: byArrival, toleranceMs: arrivalToleranceMs };
  }
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}
