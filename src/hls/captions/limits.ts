/** What the captions of one stream may be. */
export const captionLimits = {
  languages: 10,
  /** All languages together. */
  perMinute: 600,
  /** Captions of one language that are to be seen at the same moment. */
  atOnce: 8,
  /** A caption may begin this far from now. */
  aheadMs: 600_000,
} as const;

/** Counts what comes within a minute. */
export class MinuteCount {
  readonly #limit: number;
  #sinceMs = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes one in, or tells how long it takes until one may come; 0 when it was taken. */
  take(nowMs: number): number {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs >= 60_000 || passedMs < 0) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    if (this.#count >= this.#limit) return Math.max(1, 60_000 - (nowMs - this.#sinceMs));
    this.#count += 1;
    return 0;
  }
}
