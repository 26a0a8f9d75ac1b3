/** One look at the server's clock: a response's Date header, and our clock when we asked and when the answer came. */
export interface DateReading {
  /** The Date header, whole seconds, in ms since 1970. */
  readonly dateMs: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** Readings further apart than this say that one clock was set: start over. */
const inconsistentSlackMs = 20;

/**
 * Finds how far our clock is from the server's, from Date headers alone. One header only tells the second, but each
 * reading bounds the offset from both sides, and the bounds of several readings meet. `nextProbeInMs` says when a reading
 * would halve what is left, so that six of them settle it to within 16 ms plus the round trip.
 */
export class ServerClock {
  #lowMs = Number.NEGATIVE_INFINITY;
  #highMs = Number.POSITIVE_INFINITY;

  /** Server's clock minus ours; undefined before the first reading. */
  get offsetMs(): number | undefined {
    const middle = (this.#lowMs + this.#highMs) / 2;
    return Number.isFinite(middle) ? middle : undefined;
  }

  /** How wrong `offsetMs` can be, either way. */
  get uncertaintyMs(): number {
    return (this.#highMs - this.#lowMs) / 2;
  }

  /** Takes one reading in. */
  read({ dateMs, askedMs, answeredMs }: DateReading): void {
    // The server wrote `dateMs <= its clock < dateMs + 1000` at an instant between asking and answer.
    const lowMs = dateMs - answeredMs;
    const highMs = dateMs + 1000 - askedMs;
    const low = Math.max(this.#lowMs, lowMs);
    const high = Math.min(this.#highMs, highMs);
    if (low > high + inconsistentSlackMs) {
      this.#lowMs = lowMs;
      this.#highMs = highMs;
    } else {
      this.#lowMs = Math.min(low, high);
      this.#highMs = Math.max(low, high);
    }
  }

  /** When to ask next, in ms from `nowMs`: the middle of what is unknown then meets the turn of a second. */
  nextProbeInMs(nowMs: number, roundTripMs: number): number {
    const offset = this.offsetMs;
    if (offset === undefined) return 0;
    const arrival = nowMs + roundTripMs / 2 + offset;
    const untilSecond = 1000 - (((arrival % 1000) + 1000) % 1000);
    return untilSecond < 30 ? untilSecond + 1000 : untilSecond;
  }
}
