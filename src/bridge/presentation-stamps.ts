import type { AccessUnit } from './depacketise/unit.ts';
import { minStepMs, type PictureTimer, type TimedPicture } from './timed-picture.ts';

/**
 * Times pictures whose timestamps say when they are shown: the decoding times are the same times in rising order, `depth`
 * pictures later, so that none is decoded after it is shown. Nothing waits. The first pictures have no earlier times to take:
 * they are decoded all at once.
 */
export class PresentationStamps implements PictureTimer {
  readonly #depth: number;
  /** The largest times so far, ascending: those that are still to become decoding times. */
  readonly #times: number[] = [];
  #lastDecodeMs = -Infinity;

  /** `depth`: how many pictures are held back to bring them into order, at least 1. */
  constructor(depth: number) {
    this.#depth = depth;
  }

  push(unit: AccessUnit, timeMs: number): readonly TimedPicture[] {
    let at = this.#times.length;
    while (at > 0 && (this.#times[at - 1] ?? timeMs) > timeMs) at -= 1;
    this.#times.splice(at, 0, timeMs);
    const oldest = this.#times.length > this.#depth ? this.#times.shift() : this.#times[0];
    const decodeMs = Math.max(oldest ?? timeMs, this.#lastDecodeMs + minStepMs);
    this.#lastDecodeMs = decodeMs;
    return [{ unit, decodeMs, presentMs: Math.max(timeMs, decodeMs) }];
  }

  flush(): readonly TimedPicture[] {
    return [];
  }
}
