import { indexOf } from './rung-choice.ts';
import type { Rung } from './rung-choice.ts';

const highLoss = 0.1;
const lowLoss = 0.02;
const downAfterMs = 3_000;
const upAfterStartMs = 10_000;
const upAfterMaxMs = 120_000;
/** Without a report for this long, nothing is known about loss. */
const staleMs = 10_000;

/**
 * The choice for viewers that tell nothing but receiver reports: the largest rung, one less when much is lost for seconds,
 * one more after a calm time that doubles whenever it was wrong.
 */
export class LossLadder<K> {
  #key: K | undefined;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #highSinceMs = Number.NaN;
  #lowSinceMs = Number.NaN;
  #upAfterMs = upAfterStartMs;
  /** The last move was up, and nothing has spoken against it yet. */
  #trying = false;

  /** Takes a report's share of lost packets, 0 to 1. */
  report(ratio: number, nowMs: number): void {
    if (nowMs - this.#reportedMs > staleMs) this.#restart();
    this.#reportedMs = nowMs;
    if (ratio <= highLoss) this.#highSinceMs = Number.NaN;
    else if (Number.isNaN(this.#highSinceMs)) this.#highSinceMs = nowMs;
    if (ratio > lowLoss) this.#lowSinceMs = Number.NaN;
    else if (Number.isNaN(this.#lowSinceMs)) this.#lowSinceMs = nowMs;
  }

  /** The rung for now; undefined without rungs. */
  choose(rungs: readonly Rung<K>[], nowMs: number): K | undefined {
    let at = indexOf(rungs, this.#key);
    if (at < 0) at = rungs.length - 1;
    if (nowMs - this.#reportedMs <= staleMs) {
      if (at > 0 && nowMs - this.#highSinceMs >= downAfterMs) {
        at -= 1;
        if (this.#trying) this.#upAfterMs = Math.min(upAfterMaxMs, 2 * this.#upAfterMs);
        this.#trying = false;
        this.#restart();
      } else if (at < rungs.length - 1 && nowMs - this.#lowSinceMs >= this.#upAfterMs) {
        at += 1;
        this.#trying = true;
        this.#restart();
      }
    }
    return (this.#key = rungs[at]?.key);
  }

  /** Every move is judged by what comes after it. */
  #restart(): void {
    this.#highSinceMs = Number.NaN;
    this.#lowSinceMs = Number.NaN;
  }
}
