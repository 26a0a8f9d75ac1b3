/** Half of the time over which the shortest delay must have grown: a burst that drains within it is no congestion. */
const recentMs = 125;
/** Waits below this do not matter; the path's own jitter comes on top. */
const waitMinMs = 15;
const jitterMaxMs = 100;
/** Weight of the newest packet in the jitter, as in RFC 3550 section 6.4.1. */
const jitterWeight = 1 / 16;
/** A wait that fell below this share of the longest of late says that the queue empties. */
const drainingShare = 0.7;
/** Half of the time over which the path's own delay is remembered: routes change, clocks drift. */
const baseMs = 10_000;

/** The minimum over one to two spans of time, in two numbers. */
class RollingMinimum {
  readonly #spanMs: number;
  #current = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;
  #beganMs = Number.NaN;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  get value(): number {
    return Math.min(this.#current, this.#before);
  }

  add(value: number, nowMs: number): void {
    // A clock that stepped back begins a new span as well.
    if (!(Math.abs(nowMs - this.#beganMs) < this.#spanMs)) {
      this.#before = this.#current;
      this.#current = value;
      this.#beganMs = nowMs;
    } else if (value < this.#current) {
      this.#current = value;
    }
  }
}

/**
 * How long packets wait in queues, at least: the shortest delay of late against the shortest in memory. Jitter leaves some
 * packets undelayed and a large frame's own queue is soon gone; a path that is too narrow delays every packet.
 */
export class QueueDelay {
  readonly #recent = new RollingMinimum(recentMs);
  readonly #base = new RollingMinimum(baseMs);
  /** Of negated delays: the longest. */
  readonly #longest = new RollingMinimum(recentMs);
  #latestMs = Number.NaN;
  #jitterMs = 0;

  /** How much delays vary from packet to packet. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** Even the fastest packet of late had to wait, and the wait is not on its way out already. */
  get standing(): boolean {
    const waitMs = this.#recent.value - this.#base.value;
    return waitMs >= waitMinMs + this.#jitterMs && !this.#draining();
  }

  /** Notes an arrival; the clocks need not agree. */
  add(sentMs: number, arrivedMs: number): void {
    const delayMs = arrivedMs - sentMs;
    this.#recent.add(delayMs, arrivedMs);
    this.#base.add(delayMs, arrivedMs);
    this.#longest.add(-delayMs, arrivedMs);
    if (!Number.isNaN(this.#latestMs)) {
      const changeMs = Math.min(jitterMaxMs, Math.abs(delayMs - this.#latestMs));
      this.#jitterMs += jitterWeight * (changeMs - this.#jitterMs);
    }
    this.#latestMs = delayMs;
  }

  #draining(): boolean {
    return this.#latestMs - this.#base.value < drainingShare * (-this.#longest.value - this.#base.value);
  }
}
