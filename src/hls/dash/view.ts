import type { SoundChoice } from '#src/core/cmaf.ts';
import type { InitFacts } from '../init.ts';
import type { TimelineSegment } from './stretches.ts';

/** One quality of one stretch of time. */
export interface DashRepresentation {
  readonly id: string;
  readonly facts: InitFacts;
  readonly bandwidthBps: number;
  /** URL template of its segments, relative to the MPD. */
  readonly media: string;
  readonly initialization: string;
  readonly segments: readonly TimelineSegment[];
}

/** Qualities between which a player may change. */
export interface DashSet {
  readonly id: number;
  readonly representations: readonly DashRepresentation[];
  /** Which of several sounds; undefined for one of which nothing is said, and for video. */
  readonly sound?: SoundChoice | undefined;
  /** Every segment begins with a picture at which decoding can begin. */
  readonly independent: boolean;
}

/** One life of the encoder: its media times follow on from each other. */
export interface DashPeriod {
  readonly id: string;
  /** On the timeline of the presentation: milliseconds since 1970. */
  readonly startMs: number;
  /** Media time at its start. */
  readonly zeroMs: number;
  /** Wall clock at its start. */
  readonly wallMs: number;
  readonly sets: readonly DashSet[];
}

/** Everything that an MPD says. */
export interface MpdView {
  readonly periods: readonly DashPeriod[];
  /** The stream is over. */
  readonly ended: boolean;
  readonly publishedMs: number;
  readonly timeShiftMs: number;
  /** How much before its end a segment may be asked for; undefined where only complete ones are listed. */
  readonly availabilityTimeOffsetMs: number | undefined;
  /** How far behind the gateway players should be. */
  readonly latencyMs: number;
}
