const weight = 0.05;
const deviationMin = 0.4;
const deviationMax = 2.5;

/** What the path carried each time it was overused: near that rate the estimate grows carefully. */
export class LinkCapacity {
  #kbps = 0;
  /** Variance relative to the mean. */
  #deviation = deviationMin;

  get known(): boolean {
    return this.#kbps > 0;
  }

  get bps(): number {
    return 1000 * this.#kbps;
  }

  /** More than this arriving means that the path has changed. */
  get upperBps(): number {
    return 1000 * (this.#kbps + 3 * Math.sqrt(this.#deviation * this.#kbps));
  }

  /** So much arrived while a queue grew. */
  overused(ackedBps: number): void {
    const kbps = ackedBps / 1000;
    if (!this.known || kbps < this.#kbps - 3 * Math.sqrt(this.#deviation * this.#kbps)) {
      this.#kbps = kbps;
      return;
    }
    this.#kbps += weight * (kbps - this.#kbps);
    const error = this.#kbps - kbps;
    const deviation = (1 - weight) * this.#deviation + (weight * error * error) / Math.max(this.#kbps, 1);
    this.#deviation = Math.min(deviationMax, Math.max(deviationMin, deviation));
  }

  /** The path has changed. */
  forget(): void {
    this.#kbps = 0;
  }
}
