/** Timestamps that part from the arrival times by more than this did not pass by: they broke off. */
const maxJumpMs = 3_000;
/** Arrival offsets are the smallest of the current and the last window: jitter only ever adds. */
const windowMs = 2_000;

/** One track's RTP timestamps as milliseconds that never wrap, with what ties them to the outside. */
export class TrackTime {
  readonly #clockRateHz: number;
  /** Extended ticks of the newest unit; undefined before the first. */
  #ticks: number | undefined;
  #arrivedMs = 0;
  #windowStartMs = 0;
  #windowOffsetMs = Infinity;
  #lastWindowOffsetMs = Infinity;
  #reportOffsetMs: number | undefined;
  /** A report that came before the first unit. */
  #earlyReport: { readonly timestamp: number; readonly ntpMs: number } | undefined;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /** Gateway time minus media time, without queueing; undefined before the first unit. */
  get arrivalOffsetMs(): number | undefined {
    const offset = Math.min(this.#windowOffsetMs, this.#lastWindowOffsetMs);
    return offset === Infinity ? undefined : offset;
  }

  /** Publisher's NTP time minus media time by its last sender report; undefined before the first. */
  get reportOffsetMs(): number | undefined {
    return this.#reportOffsetMs;
  }

  /** Learns a unit; false when its timestamp broke off from the ones before (everything known is then forgotten). */
  observe(timestamp: number, arrivedMs: number): boolean {
    const before = this.#ticks;
    const ticks = this.#extend(timestamp);
    const jumpMs =
      before === undefined
        ? 0
        : ((ticks - before) * 1000) / this.#clockRateHz - (arrivedMs - this.#arrivedMs);
    const steady = Math.abs(jumpMs) <= maxJumpMs;
    if (!steady) {
      this.#windowOffsetMs = Infinity;
      this.#lastWindowOffsetMs = Infinity;
      this.#reportOffsetMs = undefined;
    }
    this.#ticks = steady && before !== undefined ? Math.max(before, ticks) : ticks;
    this.#arrivedMs = arrivedMs;
    this.#learnArrival(arrivedMs - (ticks * 1000) / this.#clockRateHz, arrivedMs);
    if (this.#earlyReport) this.report(this.#earlyReport.timestamp, this.#earlyReport.ntpMs);
    this.#earlyReport = undefined;
    return steady;
  }

  /** A sender report (RFC 3550 section 6.4.1); kept until the first unit, which anchors the timestamps. */
  report(timestamp: number, ntpMs: number): void {
    if (this.#ticks === undefined) this.#earlyReport = { timestamp, ntpMs };
    else this.#reportOffsetMs = ntpMs - this.mediaMs(timestamp);
  }

  /** Media time of a timestamp near the newest one. */
  mediaMs(timestamp: number): number {
    return (this.#extend(timestamp) * 1000) / this.#clockRateHz;
  }

  #extend(timestamp: number): number {
    if (this.#ticks === undefined) return timestamp;
    return this.#ticks + ((timestamp - this.#ticks) | 0);
  }

  #learnArrival(offsetMs: number, arrivedMs: number): void {
    if (arrivedMs - this.#windowStartMs > windowMs) {
      this.#lastWindowOffsetMs = this.#windowOffsetMs;
      this.#windowOffsetMs = Infinity;
      this.#windowStartMs = arrivedMs;
    }
    this.#windowOffsetMs = Math.min(this.#windowOffsetMs, offsetMs);
  }
}
