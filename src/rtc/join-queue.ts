import type { Clock } from '#src/core/clock.ts';
import { gatewayFull, negotiationTimeout } from './failures.ts';

interface Waiting {
  readonly sinceMs: number;
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

/** What bounds the queue. */
export interface JoinLimits {
  readonly timeoutMs: number;
  readonly maxWaiting: number;
}

/**
 * Lets one join begin per turn of the event loop, in the order they came, so that a storm of joins never holds up the
 * handshakes of those before it. Who waits too long is refused with a failure that says when to come again.
 */
export class JoinQueue {
  readonly #limits: JoinLimits;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(limits: JoinLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Resolves when it is this join's turn. Rejects with a Failure when that takes too long, or with the signal's reason. */
  turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(asError(signal.reason));
    if (this.#waiting.length >= this.#limits.maxWaiting)
      return Promise.reject(gatewayFull(this.#limits.maxWaiting));
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(asError(signal.reason));
      };
      const leave = (): void => signal.removeEventListener('abort', aborted);
      const entry = {
        sinceMs: this.#clock.nowMs(),
        start: () => {
          leave();
          resolve();
        },
        refuse: (error: Error) => {
          leave();
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiting.push(entry);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#startNext();
      this.#schedule();
    });
  }

  #startNext(): void {
    const nowMs = this.#clock.nowMs();
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (nowMs - next.sinceMs <= this.#limits.timeoutMs) {
        next.start();
        return;
      }
      next.refuse(negotiationTimeout(this.#limits.timeoutMs));
    }
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the join was called off', { cause: reason });
}
