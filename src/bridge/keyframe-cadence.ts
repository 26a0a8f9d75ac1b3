/** A keyframe that answers a request comes within this time, round trip and encoder included. */
const answerMs = 1_500;
const repeatMs = 1_000;
/** Publishers that left this many requests unanswered are deaf (OBS is): they are asked rarely. */
const deafAfter = 3;
const deafRepeatMs = 5_000;
const deafCadenceMs = 30_000;
/** A publisher with keyframes of its own gets this much more time, so that its next one is not doubled. */
const ownCadenceMargin = 1.25;

/**
 * Decides when to ask the publisher for a keyframe: at once and repeatedly while a decoder cannot go on, and once per
 * segment when the publisher sends none by itself, since without keyframes there are no segments. Pure; time comes in.
 */
export class KeyframeCadence {
  readonly #targetMs: number;
  #lastKeyframeMs: number | undefined;
  #askedMs = -Infinity;
  /** Requests since the last keyframe. */
  #unanswered = 0;
  #sendsByItself = false;
  #urgent = false;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /** A keyframe came. */
  keyframe(nowMs: number): void {
    this.#sendsByItself = nowMs - this.#askedMs > answerMs;
    if (!this.#sendsByItself) this.#unanswered = 0;
    this.#lastKeyframeMs = nowMs;
    this.#urgent = false;
  }

  /** Nothing can be shown before the next keyframe. */
  want(): void {
    this.#urgent = true;
  }

  /** Another publisher may answer differently. */
  reset(): void {
    this.#lastKeyframeMs = undefined;
    this.#askedMs = -Infinity;
    this.#unanswered = 0;
    this.#sendsByItself = false;
    this.#urgent = false;
  }

  /** Whether to ask now; counts as asked when it says so. */
  due(nowMs: number): boolean {
    const deaf = this.#unanswered >= deafAfter;
    const sinceAskedMs = nowMs - this.#askedMs;
    const due = this.#urgent
      ? sinceAskedMs >= (deaf ? deafRepeatMs : repeatMs)
      : this.#overdue(nowMs) &&
        sinceAskedMs >= (deaf ? deafCadenceMs : Math.max(this.#targetMs / 2, repeatMs));
    if (due) {
      this.#askedMs = nowMs;
      this.#unanswered += 1;
    }
    return due;
  }

  #overdue(nowMs: number): boolean {
    if (this.#lastKeyframeMs === undefined) return false;
    const patienceMs = this.#targetMs * (this.#sendsByItself ? ownCadenceMargin : 1);
    return nowMs - this.#lastKeyframeMs >= patienceMs;
  }
}
