import { indexOf } from './rung-choice.ts';
import type { Rung } from './rung-choice.ts';

const highLoss = 0.1;
const lowLoss = 0.02;
const downAfterMs = 3_000;
const upAfterStartMs = 10_000;
const upAfterMaxMs = 120_000;
/** Without a report for this long, nothing is known about loss. */
const staleMs = 10_000;
/** Rates change all the time: another rung of the same rank must beat the one in use by this factor. */
const clearlyLarger = 1.25;

/**
 * The choice for viewers that tell nothing but receiver reports: the largest rung, one less when much is lost for seconds,
 * one more after a calm time that doubles whenever it was wrong.
 */
export class LossLadder<K> {
  #key: K | undefined;
  /** Steps below the largest. */
  #below = 0;
  #isPlaced = false;
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
    if (nowMs - this.#reportedMs <= staleMs) this.#step(rungs.length, nowMs);
    const place = Math.max(0, rungs.length - 1 - this.#below);
    const at = indexOf(rungs, this.#key);
    const isClose = (rungs[place]?.bps ?? 0) < clearlyLarger * (rungs[at]?.bps ?? 0);
    if (this.#isPlaced && at >= 0 && isClose) return this.#key;
    this.#isPlaced = rungs.length > 0;
    return (this.#key = rungs[place]?.key);
  }

  #step(rungs: number, nowMs: number): void {
    if (this.#below < rungs - 1 && nowMs - this.#highSinceMs >= downAfterMs) {
      if (this.#trying) this.#upAfterMs = Math.min(upAfterMaxMs, 2 * this.#upAfterMs);
      this.#move(1);
    } else if (this.#below > 0 && nowMs - this.#lowSinceMs >= this.#upAfterMs) this.#move(-1);
  }

  #move(down: 1 | -1): void {
    this.#below += down;
    this.#trying = down < 0;
    this.#isPlaced = false;
    this.#restart();
  }

  /** Every move is judged by what comes after it. */
  #restart(): void {
    this.#highSinceMs = Number.NaN;
    this.#lowSinceMs = Number.NaN;
  }
}
