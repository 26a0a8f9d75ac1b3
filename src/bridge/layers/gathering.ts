import type { AccessUnit } from '../depacketise/unit.ts';

/** Keyframes of all layers of one picture come within this time. */
const patienceMs = 300;
/** Five seconds of sound and pictures. */
const mostHeld = 512;

/**
 * A moment in which units are held back, because keyframes of several layers are about to come and what begins with them should
 * begin with all of them. Pure, and bounded.
 */
export class Gathering {
  readonly #overflow: (unit: AccessUnit) => void;
  readonly #held: AccessUnit[] = [];
  #sinceMs: number | undefined;
  #keyframe: number | undefined;

  /** `overflow`: gets what cannot be held. */
  constructor(overflow: (unit: AccessUnit) => void) {
    this.#overflow = overflow;
  }

  get active(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Timestamp of the keyframe whose partners are waited for; undefined where any will do. */
  get keyframe(): number | undefined {
    return this.#keyframe;
  }

  begin(nowMs: number, keyframe?: number): void {
    this.#sinceMs = nowMs;
    this.#keyframe = keyframe;
  }

  /** Whether it has taken long enough. */
  due(nowMs: number): boolean {
    return this.#sinceMs !== undefined && nowMs - this.#sinceMs >= patienceMs;
  }

  hold(unit: AccessUnit): void {
    this.#held.push(unit);
    if (this.#held.length <= mostHeld) return;
    const oldest = this.#held.shift();
    if (oldest) this.#overflow(oldest);
  }

  /** It is over: gives what was held, in order. */
  end(): readonly AccessUnit[] {
    this.#sinceMs = undefined;
    this.#keyframe = undefined;
    return this.#held.splice(0);
  }
}
