/** A layer that came later than the others must have been there for so long. */
const newcomerMs = 1_000;
/** One that failed before must have been there for so long, and each time for twice as long. */
const returnMs = 5_000;
const longestReturnMs = 120_000;

/**
 * Whether a simulcast layer has been there for long enough to be counted on: a rung that comes and goes costs its viewers more
 * than one that is not there. Pure; time comes in.
 */
export class Steadiness {
  #sinceMs: number | undefined;
  #losses = 0;
  #isTrusted = false;

  /** It may be counted on from the first picture on: it was there when the stream began. */
  trust(): void {
    if (this.#losses === 0) this.#isTrusted = true;
  }

  /** All is well with it; cheap to repeat. */
  well(nowMs: number): void {
    this.#sinceMs ??= nowMs;
  }

  /** It has failed. */
  lost(nowMs: number): void {
    if (this.isSteady(nowMs)) this.#losses += 1;
    this.#sinceMs = undefined;
    this.#isTrusted = false;
  }

  /** Whether it may be counted on. */
  isSteady(nowMs: number): boolean {
    if (this.#sinceMs === undefined) return false;
    return this.#isTrusted || nowMs - this.#sinceMs >= this.#neededMs;
  }

  get #neededMs(): number {
    if (this.#losses === 0) return newcomerMs;
    return Math.min(longestReturnMs, returnMs * 2 ** (this.#losses - 1));
  }
}
