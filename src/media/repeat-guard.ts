const slots = 256;
/** Repetitions one track of a viewer may get in a second: generous for loss, useless for an amplifier. */
const maxPerSecond = 500;
/** Requests that are looked at in a second: one message can hold thousands, for packets that nobody has. */
const maxAskedPerSecond = 4_000;
/** What of the path's estimated rate repetitions may take: a burst that is lost is repeated at once, a path that is too narrow is not filled with them. */
const pathShare = 0.25;
const burstMs = 250;

/**
 * Keeps repetitions in bounds: a packet that was just sent again is still on its way, and a viewer that asks for everything
 * does not get twice the bandwidth of the others.
 */
export class RepeatGuard {
  readonly #sequences = new Int32Array(slots).fill(-1);
  readonly #sentMs = new Float64Array(slots);
  #secondStartedMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;
  #askedInSecond = 0;
  #budgetBytes = 0;
  #budgetMs = Number.NEGATIVE_INFINITY;

  /** Whether one more request is looked at now. */
  hears(nowMs: number): boolean {
    if (nowMs - this.#secondStartedMs >= 1_000) {
      this.#secondStartedMs = nowMs;
      this.#inSecond = 0;
      this.#askedInSecond = 0;
    }
    if (this.#askedInSecond >= maxAskedPerSecond) return false;
    this.#askedInSecond++;
    return this.#inSecond < maxPerSecond;
  }

  /** Whether this packet, asked for in a request that was heard, may be sent again now; if so it counts as sent. */
  take(sequence: number, nowMs: number, leastIntervalMs: number): boolean {
    const slot = sequence % slots;
    if (this.#sequences[slot] === sequence && nowMs - (this.#sentMs[slot] ?? 0) < leastIntervalMs)
      return false;
    this.#inSecond++;
    this.#sequences[slot] = sequence;
    this.#sentMs[slot] = nowMs;
    return true;
  }

  /** Whether the path, believed to carry so much, has room for another repetition; 0 where nobody told. */
  fits(estimateBps: number, nowMs: number): boolean {
    if (estimateBps <= 0) return true;
    const mostBytes = (estimateBps * burstMs) / 8_000;
    const refilledBytes = (estimateBps * pathShare * Math.max(0, nowMs - this.#budgetMs)) / 8_000;
    this.#budgetBytes = Math.min(mostBytes, this.#budgetBytes + refilledBytes);
    this.#budgetMs = nowMs;
    return this.#budgetBytes > 0;
  }

  /** A repetition went out. */
  spent(bytes: number): void {
    this.#budgetBytes -= bytes;
  }
}
