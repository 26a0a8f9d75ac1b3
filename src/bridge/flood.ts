/** More than this in one window is no message to anybody: a healthy FFmpeg at log level warning says some lines. */
const limitBytes = 256 * 1024;
const windowMs = 10_000;

/** Notices that a process floods its standard error, which would keep this one busy and fill its memory. Pure. */
export class FloodGuard {
  #windowStartMs = -Infinity;
  #bytes = 0;

  /** Takes what was said; true when it is a flood. */
  add(bytes: number, nowMs: number): boolean {
    if (nowMs - this.#windowStartMs > windowMs) {
      this.#windowStartMs = nowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    return this.#bytes > limitBytes;
  }
}
