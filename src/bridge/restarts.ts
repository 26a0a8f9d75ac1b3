const firstDelayMs = 100;
const longestDelayMs = 5_000;
const windowMs = 60_000;
const failuresPerWindow = 5;
const givenUpDelayMs = 30_000;
/** A process that gave media for so long can do what it was started for: its end says nothing of the next one. */
const provenMs = 5_000;

/** When FFmpeg may start again after failures: soon at first, slower when it keeps failing, rarely when it never works. */
export class RestartPolicy {
  /** Times of the last failures, at most as many as give up. */
  #failuresMs: number[] = [];
  #nextMs = -Infinity;

  /** FFmpeg died or hung, after it had given media for `workedMs`. */
  failed(nowMs: number, workedMs: number): void {
    const before = workedMs >= provenMs ? [] : this.#recent(nowMs);
    this.#failuresMs = [...before, nowMs].slice(-failuresPerWindow);
    const count = this.#failuresMs.length;
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1));
    this.#nextMs = nowMs + (count >= failuresPerWindow ? givenUpDelayMs : delayMs);
  }

  /** Whether a start is allowed now. */
  mayStart(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }

  /** Whether it failed so often that the stream counts as failed until it runs again. */
  givenUp(nowMs: number): boolean {
    return this.#recent(nowMs).length >= failuresPerWindow;
  }

  /** How long it is until a start is allowed. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#nextMs - nowMs);
  }

  #recent(nowMs: number): number[] {
    return this.#failuresMs.filter((atMs) => nowMs - atMs < windowMs);
  }
}
