/** What a home router's queue holds before it drops. */
const queueMs = 200;
/** What goes through at once before the rate counts: some full packets. */
const burstMs = 10;
/** Far more than any queue of a test holds. */
const queueLimit = 5_000;

interface Waiting {
  readonly dueMs: number;
  readonly datagram: Buffer;
  readonly deliver: (datagram: Buffer) => void;
}

/** A way of a certain rate with a queue in front of it, which drops what it cannot hold: a token bucket without a kernel. */
export class NarrowPipe {
  readonly #queue: Waiting[] = [];
  #bitsPerSecond: number | undefined;
  /** When all that waits has gone through. */
  #freeMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** From now on; undefined: everything passes at once. */
  limit(bitsPerSecond: number | undefined): void {
    this.#bitsPerSecond = bitsPerSecond;
    this.#freeMs = 0;
  }

  /** Takes a datagram in; false when it was dropped. */
  pass(datagram: Buffer, deliver: (datagram: Buffer) => void): boolean {
    const nowMs = performance.now();
    const rate = this.#bitsPerSecond;
    if (rate === undefined && this.#queue.length === 0) {
      deliver(datagram);
      return true;
    }
    if (this.#freeMs - nowMs > queueMs || this.#queue.length >= queueLimit) return false;
    const serialMs = rate === undefined ? 0 : (datagram.length * 8_000) / rate;
    this.#freeMs = Math.max(this.#freeMs, nowMs - burstMs) + serialMs;
    this.#queue.push({ dueMs: this.#freeMs, datagram, deliver });
    this.#flush();
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = performance.now();
    let [next] = this.#queue;
    while (next !== undefined && next.dueMs <= nowMs) {
      this.#queue.shift();
      next.deliver(next.datagram);
      [next] = this.#queue;
    }
    if (next !== undefined) this.#timer = setTimeout(() => this.#flush(), next.dueMs - nowMs);
  }
}
