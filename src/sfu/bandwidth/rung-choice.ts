/** One choice of how much video a viewer gets: a simulcast layer, or a set of spatial and temporal layers. */
export interface Rung<K> {
  /** Smoothed over about a second; 0 while nothing comes. */
  readonly bps: number;
  /** For how long it has been sent without a pause. */
  readonly activeMs: number;
  readonly key: K;
}

/** Down when less than this share of the rung in use is there. */
const keepShare = 0.92;
/** Up, and down to, only what leaves this margin. */
const fitFactor = 1.1;
const fitMs = 1_000;
/** A viewer that just came, and whose path was never too narrow, shall not look at a small picture for long. */
const firstFitMs = 200;
const activeMinMs = 2_000;
/** After the network forced a smaller picture, the next larger one waits: pictures that change size all the time are worse. */
const afterCongestionMs = 10_000;
/** A rung that lasted less was a mistake, and waits longer each time unless the path has clearly changed. */
const lastedMs = 10_000;
const failedHoldMaxMs = 60_000;
const changedPathFactor = 1.5;
const afterChangeMs = 2_000;
/** A rung that grew past an estimate which did not fall may be having a keyframe. */
const grownPatienceMs = 1_000;
/** How long not even the smallest rung must fit before video pauses, so that audio stays whole. */
const pauseAfterMs = 1_000;

/** What one rung takes with its margin. */
export function comfortableBps(bps: number): number {
  return fitFactor * bps;
}

/**
 * Which rung a viewer gets: down at once, up with patience. Pure: time is an argument, rungs are given in ascending order of
 * rate each time and may appear, vanish and change.
 */
export class RungChoice<K> {
  #key: K | undefined;
  #paused = false;
  #congested = false;
  #fitsSinceMs = Number.NaN;
  #shortSinceMs = Number.NaN;
  #upFromMs = Number.NEGATIVE_INFINITY;
  #roseMs = Number.NEGATIVE_INFINITY;
  #failedKey: K | undefined;
  #failedUntilMs = 0;
  #failedHoldMs = afterCongestionMs;
  #hasFallen = false;
  #isEager = false;

  /** What the viewer should get, also while paused; undefined while there are no rungs. */
  get key(): K | undefined {
    return this.#key;
  }

  /** Not even the smallest rung fits: send audio only. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Sets the choice from outside, as when no estimate exists. */
  force(key: K | undefined): void {
    this.#key = key;
    this.#paused = false;
    this.#fitsSinceMs = Number.NaN;
    this.#shortSinceMs = Number.NaN;
  }

  /** The next choice goes up at once where more fits: somebody asked for it, and shall see that he was heard. */
  reconsider(): void {
    this.#isEager = true;
  }

  /** Chooses; `congested` says that the estimate fell just now. */
  choose(rungs: readonly Rung<K>[], availableBps: number, congested: boolean, nowMs: number): void {
    this.#congested = congested;
    const isEager = this.#isEager;
    this.#isEager = false;
    let at = indexOf(rungs, this.#key);
    if (at < 0) {
      at = largestFitting(rungs, rungs.length, availableBps);
      this.force(rungs[at]?.key);
      if (at < 0) return;
    }
    if (this.#paused) {
      this.#resume(rungs, availableBps, nowMs);
      return;
    }
    const currentBps = rungs[at]?.bps ?? 0;
    if (availableBps < keepShare * currentBps) {
      this.#fitsSinceMs = Number.NaN;
      this.#short(rungs, at, availableBps, nowMs);
      return;
    }
    this.#shortSinceMs = Number.NaN;
    if (isEager) this.#move(rungs[this.#largestReady(rungs, at, availableBps, nowMs)]?.key, nowMs);
    else this.#up(rungs, at, availableBps, nowMs);
  }

  #short(rungs: readonly Rung<K>[], at: number, availableBps: number, nowMs: number): void {
    if (Number.isNaN(this.#shortSinceMs)) this.#shortSinceMs = nowMs;
    const shortMs = nowMs - this.#shortSinceMs;
    if (at === 0) {
      // What arrives without a queue fits, whatever the estimate says.
      if (!this.#congested) this.#shortSinceMs = nowMs;
      else if (shortMs >= pauseAfterMs) this.#paused = true;
      return;
    }
    if (!this.#congested && shortMs < grownPatienceMs) return;
    this.#hasFallen = true;
    this.#noteFailure(nowMs);
    this.#move(rungs[largestFitting(rungs, at, availableBps)]?.key, nowMs);
    this.#upFromMs = nowMs + (this.#congested ? afterCongestionMs : afterChangeMs);
  }

  #up(rungs: readonly Rung<K>[], at: number, availableBps: number, nowMs: number): void {
    const next = this.#largestReady(rungs, at, availableBps, nowMs);
    if (next === at) {
      this.#fitsSinceMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#fitsSinceMs)) this.#fitsSinceMs = nowMs;
    if (nowMs - this.#fitsSinceMs >= (this.#hasFallen ? fitMs : firstFitMs) && nowMs >= this.#upFromMs) {
      this.#move(rungs[next]?.key, nowMs);
      this.#roseMs = nowMs;
    }
  }

  /** A rung that did not last is not tried again soon, and later each time. */
  #noteFailure(nowMs: number): void {
    if (nowMs - this.#roseMs > lastedMs) {
      this.#failedHoldMs = afterCongestionMs;
      return;
    }
    this.#failedHoldMs = Math.min(failedHoldMaxMs, 2 * this.#failedHoldMs);
    this.#failedKey = this.#key;
    this.#failedUntilMs = nowMs + this.#failedHoldMs;
  }

  /** The largest above `at` that fits and has been sent for a while, otherwise `at`. */
  #largestReady(rungs: readonly Rung<K>[], at: number, availableBps: number, nowMs: number): number {
    for (let i = rungs.length - 1; i > at; i -= 1) {
      const rung = rungs[i];
      if (rung === undefined || rung.bps <= 0 || rung.activeMs < activeMinMs) continue;
      const failed = rung.key === this.#failedKey && nowMs < this.#failedUntilMs;
      if (availableBps > (failed ? changedPathFactor : fitFactor) * rung.bps) return i;
    }
    return at;
  }

  #resume(rungs: readonly Rung<K>[], availableBps: number, nowMs: number): void {
    if (availableBps <= fitFactor * (rungs[0]?.bps ?? 0)) {
      this.#fitsSinceMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#fitsSinceMs)) this.#fitsSinceMs = nowMs;
    if (nowMs - this.#fitsSinceMs < fitMs) return;
    this.#paused = false;
    this.#move(rungs[0]?.key, nowMs);
  }

  #move(key: K | undefined, nowMs: number): void {
    this.force(key);
    this.#upFromMs = Math.max(this.#upFromMs, nowMs + afterChangeMs / 2);
  }
}

/** Where a key is, or -1. */
export function indexOf<K>(rungs: readonly Rung<K>[], key: K | undefined): number {
  for (let i = 0; i < rungs.length; i += 1) if (rungs[i]?.key === key) return i;
  return -1;
}

/** The largest below `end` that fits with its margin, otherwise the smallest; -1 without rungs. */
function largestFitting<K>(rungs: readonly Rung<K>[], end: number, availableBps: number): number {
  for (let i = end - 1; i > 0; i -= 1) {
    const bps = rungs[i]?.bps ?? 0;
    if (bps > 0 && comfortableBps(bps) <= availableBps) return i;
  }
  return rungs.length === 0 ? -1 : 0;
}
