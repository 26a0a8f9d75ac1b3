import type { Clock } from '#src/core/clock.ts';

const windowMs = 10_000;

/** Counts players by the distinct address and user agent of their playlist requests over the last ten seconds. */
export class Audience {
  readonly #clock: Clock;
  readonly #limit: number;
  /** In the order of the last sight, oldest first. */
  readonly #seenMs = new Map<string, number>();

  constructor(clock: Clock, limit = 100_000) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** A player asked for a playlist. */
  see(address: string, userAgent: string): void {
    const key = `${address} ${userAgent}`;
    const nowMs = this.#clock.nowMs();
    this.#seenMs.delete(key);
    this.#seenMs.set(key, nowMs);
    const [oldest] = this.#seenMs;
    if (oldest && (this.#seenMs.size > this.#limit || nowMs - oldest[1] > windowMs))
      this.#seenMs.delete(oldest[0]);
  }

  /** Players seen in the last ten seconds. */
  get size(): number {
    const nowMs = this.#clock.nowMs();
    for (const [key, seenMs] of this.#seenMs) {
      if (nowMs - seenMs <= windowMs) break;
      this.#seenMs.delete(key);
    }
    return this.#seenMs.size;
  }
}
