import type { CmafEpoch, CmafTrack } from '#src/core/cmaf.ts';
import { readTrack, type TimedSample, type TrackInit } from './samples.ts';

/** Hears what comes out of one epoch. */
export interface IntakeSink {
  sample(intake: Intake, track: CmafTrack, sample: TimedSample): void;
  /** The track gives nothing more; `error` says why when that was not meant to be. */
  ended(intake: Intake, track: CmafTrack, error: unknown): void;
}

/** One epoch being read: all its tracks, side by side. */
export class Intake {
  readonly epoch: CmafEpoch;
  readonly inits = new Map<string, TrackInit>();
  /** Rendition that decides where segments begin: the first video, or the first track. */
  readonly leader: string | undefined;
  readonly #abort = new AbortController();
  #reading: number;

  constructor(epoch: CmafEpoch) {
    this.epoch = epoch;
    this.#reading = epoch.tracks.length;
    this.leader = (epoch.tracks.find((track) => track.kind === 'video') ?? epoch.tracks[0])?.rendition;
  }

  /** All tracks have ended. */
  get done(): boolean {
    return this.#reading === 0;
  }

  /** Reads every track to its end. */
  read(sink: IntakeSink): void {
    for (const track of this.epoch.tracks) {
      const hear = {
        init: (init: TrackInit) => void this.inits.set(track.rendition, init),
        sample: (sample: TimedSample) => sink.sample(this, track, sample),
      };
      const end = (error: unknown): void => {
        this.#reading -= 1;
        sink.ended(this, track, error);
      };
      void readTrack(track, hear, this.#abort.signal).then(() => end(undefined), end);
    }
  }

  /** Reads no further. */
  stop(): void {
    this.#abort.abort();
  }
}
