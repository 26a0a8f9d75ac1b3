import { sleep } from './backoff.ts';

/** A wait that somebody may cut short. */
export class Pause {
  #wake: AbortController | undefined;

  /** Resolves when the time is over, or to true when {@link end} came first; rejects when the signal aborts. */
  async wait(durationMs: number, signal: AbortSignal): Promise<boolean> {
    const wake = new AbortController();
    this.#wake = wake;
    await sleep(durationMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined); // Both are looked at below.
    signal.throwIfAborted();
    return wake.signal.aborted;
  }

  /** Ends the wait that is under way. */
  end(): void {
    this.#wake?.abort();
  }
}
