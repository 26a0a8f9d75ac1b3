/** How a wait ended. */
export type WaitResult =
  | 'ready'
  /** The time was up. */
  | 'late'
  /** Whoever waited has gone. */
  | 'gone'
  /** Too many are waiting already. */
  | 'full';

interface Waiter {
  readonly test: () => boolean;
  readonly settle: (result: WaitResult) => void;
}

/** Callers that wait for a condition; each wait ends by the condition, by its time-out or by its signal. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Resolves when `test` holds; it is asked now and after every {@link wake}. */
  wait(test: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    if (signal.aborted) return Promise.resolve('gone');
    if (test()) return Promise.resolve('ready');
    if (timeoutMs <= 0) return Promise.resolve('late');
    if (this.#waiting.size >= this.#limit) return Promise.resolve('full');
    return new Promise((resolve) => {
      const settle = (result: WaitResult): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        this.#waiting.delete(waiter);
        resolve(result);
      };
      const leave = (): void => settle('gone');
      const timer = setTimeout(() => settle('late'), timeoutMs);
      const waiter: Waiter = { test, settle };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Something changed: settles everyone whose condition holds now. */
  wake(): void {
    for (const waiter of this.#waiting) if (waiter.test()) waiter.settle('ready');
  }
}
