import type { CmafTrack } from '#src/core/cmaf.ts';
import { endOf } from './parts.ts';
import type { TimedSample } from './samples.ts';
import { frameRateOf, usualFrameMs } from './timing.ts';

/** A sample that waits until the stream's times are known. */
export interface HeldSample {
  readonly track: CmafTrack;
  readonly sample: TimedSample;
}

/** A leader that gives nothing while another track gave this many times the wished media will not be waited for. */
const patience = 3;
const maxHeld = 5_000;

/** Holds the first samples of a stream until they tell the frame rate of the leading rendition. */
export class Measure {
  readonly #wishedMs: number;
  #held: HeldSample[] = [];

  constructor(wishedMs: number) {
    this.#wishedMs = wishedMs;
  }

  /** Takes a sample; true when enough is known. */
  add(held: HeldSample, leader: string | undefined): boolean {
    this.#held.push(held);
    const own = this.#held.filter(({ track }) => track.rendition === held.track.rendition);
    const heldMs = endOf(held.sample) - (own[0]?.sample.startMs ?? 0);
    const enoughMs = held.track.rendition === leader ? this.#wishedMs : patience * this.#wishedMs;
    return heldMs >= enoughMs || this.#held.length >= maxHeld;
  }

  get empty(): boolean {
    return this.#held.length === 0;
  }

  /** Frame interval of the leader; undefined when nothing came of it: that of another track says nothing. */
  frameMs(leader: string | undefined): number | undefined {
    return usualFrameMs(this.#intervalsMs(leader));
  }

  /** Frames per second of the leader; undefined when nothing came of it. */
  frameRate(leader: string | undefined): number | undefined {
    return frameRateOf(this.#intervalsMs(leader));
  }

  /** Hands back what was held, in the order it came. */
  take(): readonly HeldSample[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #intervalsMs(leader: string | undefined): readonly number[] {
    const own = this.#held.filter(({ track }) => track.rendition === leader);
    return own.map(({ sample }) => sample.durationMs).filter((durationMs) => durationMs > 0);
  }
}
