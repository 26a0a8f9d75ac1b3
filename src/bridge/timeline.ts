import type { TrackKind } from '#src/core/media.ts';
import { Follower } from './follower.ts';
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

/**
 * Puts all tracks on one timeline that begins at 0 with the unit that begins an epoch. The leading track (video when
 * there is one) runs by its RTP timestamps alone; the others follow it.
 */
export class Timeline {
  readonly #tracks: Readonly<Record<TrackKind, Follower>>;
  readonly #besides: readonly Follower[];
  #leader: TrackKind = 'video';
  #zeroMs: number | undefined;
  readonly #lastMs: Record<TrackKind, number> = { video: -Infinity, audio: -Infinity };

  /** `besides`: audio tracks beside the first. */
  constructor(clockRatesHz: Readonly<Record<TrackKind, number>>, besides: readonly Follower[] = []) {
    this.#tracks = { video: new Follower(clockRatesHz.video), audio: new Follower(clockRatesHz.audio) };
    this.#besides = besides;
  }

  /** Learns from every unit, placed or not; false when its timestamps broke off: only a new epoch helps. */
  observe(unit: Stamped): boolean {
    return this.#tracks[unit.kind].time.observe(unit.timestamp, unit.arrivedMs);
  }

  /** A sender report, mapped onto the tap's timeline. */
  clock(reading: TapClock): void {
    this.#tracks[reading.kind].time.report(reading.timestamp, reading.ntpMs);
  }

  /** Begins an epoch: this unit, observed before, is time 0. */
  begin(unit: Stamped): void {
    this.#leader = unit.kind;
    this.#zeroMs = this.#tracks[unit.kind].time.mediaMs(unit.timestamp);
    for (const track of [this.#tracks.video, this.#tracks.audio, ...this.#besides]) track.begin();
    this.#lastMs.video = -Infinity;
    this.#lastMs.audio = -Infinity;
  }

  /** Places an observed unit; undefined before {@link begin} or when nothing ties its track to the leader yet. */
  place(unit: Stamped): Placed | undefined {
    const timeMs = this.placeSound(this.#tracks[unit.kind], unit.timestamp);
    if (timeMs === undefined) return undefined;
    const lastMs = this.#lastMs[unit.kind];
    this.#lastMs[unit.kind] = Math.max(lastMs, timeMs);
    return { timeMs, backwards: timeMs < lastMs };
  }

  /** Where a picture beside the leading video belongs, in whose timestamps it comes; undefined before {@link begin}. */
  placeBeside(timestamp: number): number | undefined {
    if (this.#zeroMs === undefined || this.#leader !== 'video') return undefined;
    return this.#tracks.video.time.mediaMs(timestamp) - this.#zeroMs;
  }

  /** Where a frame of a track belongs, which has observed it; undefined as for {@link place}. */
  placeSound(track: Follower, timestamp: number): number | undefined {
    if (this.#zeroMs === undefined) return undefined;
    const leader = this.#tracks[this.#leader];
    const mediaMs = track.time.mediaMs(timestamp);
    const shiftMs = track === leader ? 0 : track.shift(mediaMs, leader.time);
    return shiftMs === undefined ? undefined : mediaMs + shiftMs - this.#zeroMs;
  }
}
