/** Sounds of one publisher begin within this time of its first picture. */
const patienceMs = 300;
/** A second of pictures of several layers and eight sounds. */
const mostHeld = 512;

/**
 * Holds back what begins a stream for a moment, where not all of its sounds have sent yet: then it begins with all of them, instead
 * of once more a moment later. Bounded.
 */
export class FirstSounds {
  readonly #held: (() => void)[] = [];
  #armed = false;
  #sinceMs: number | undefined;

  /** A publisher came: its beginning is held when it comes. */
  arm(): void {
    this.end();
    this.#armed = true;
  }

  get holding(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** What could begin a stream is about to be handled: holds from here on, unless all that is waited for is there. */
  begins(complete: boolean, nowMs: number): void {
    if (!this.#armed) return;
    this.#armed = false;
    if (!complete) this.#sinceMs = nowMs;
  }

  /** Handles something, now or when it is over. */
  pass(handle: () => void): void {
    if (this.#sinceMs === undefined) handle();
    else if (this.#held.push(handle) > mostHeld) this.end();
  }

  /** Looks whether it is over. */
  look(complete: boolean, nowMs: number): void {
    if (this.#sinceMs !== undefined && (complete || nowMs - this.#sinceMs >= patienceMs)) this.end();
  }

  /** Handles what was held, in order. */
  end(): void {
    this.#sinceMs = undefined;
    for (const handle of this.#held.splice(0)) handle();
  }
}
