const firstWindowMs = 500;
const windowMs = 150;
/** How much a sample that disagrees with the estimate is distrusted. */
const distrust = 10;
/** Variance that each sample's age adds, in (kbit/s)². */
const drift = 5;
const firstVariance = 50;
/** Two windows in a row this far above what is known are a lasting change: another rung is sent now. */
const changeFactor = 1.3;

/**
 * The rate at which packets arrive at the receiver, from its own clock. Samples are weighted by how well they agree with
 * what is known, so that one burst or pause changes little and a lasting change wins within a few windows.
 */
export class AckedRate {
  #bps = 0;
  #varianceKbps2 = firstVariance;
  #sumBytes = 0;
  #spanMs = 0;
  #lastMs = Number.NaN;
  #sampleBps = 0;
  #sampleBeforeBps = 0;

  /** 0 until the first window is complete. */
  get bps(): number {
    return this.#bps;
  }

  /** The faster of the last two windows: what the path carried while a burst drained. */
  get peakBps(): number {
    return Math.max(this.#sampleBps, this.#sampleBeforeBps, this.#bps);
  }

  /** What arrived lately was not told completely: the window begins anew. */
  restart(): void {
    this.#sumBytes = 0;
    this.#spanMs = 0;
    this.#lastMs = Number.NaN;
  }

  /** Notes an arrival. */
  add(bytes: number, arrivedMs: number): void {
    const lengthMs = this.#bps === 0 ? firstWindowMs : windowMs;
    const gapMs = Number.isNaN(this.#lastMs) ? 0 : arrivedMs - this.#lastMs;
    if (gapMs < -lengthMs) {
      // The receiver's clock began anew.
      this.restart();
      this.#lastMs = arrivedMs;
    } else if (gapMs > 0 || Number.isNaN(this.#lastMs)) {
      this.#lastMs = arrivedMs;
      this.#spanMs += gapMs;
      if (gapMs > lengthMs) {
        // Nothing came for a whole window, or we were not told: no sample can be made of that.
        this.#sumBytes = 0;
        this.#spanMs %= lengthMs;
      }
    }
    if (this.#spanMs >= lengthMs) {
      this.#sample((8 * this.#sumBytes) / lengthMs);
      this.#spanMs -= lengthMs;
      this.#sumBytes = 0;
    }
    this.#sumBytes += bytes;
  }

  #sample(kbps: number): void {
    this.#sampleBeforeBps = this.#sampleBps;
    this.#sampleBps = 1000 * kbps;
    if (this.#bps === 0) {
      this.#bps = 1000 * kbps;
      return;
    }
    const both = Math.min(this.#sampleBps, this.#sampleBeforeBps);
    if (both > changeFactor * this.#bps) {
      this.#bps = both;
      this.#varianceKbps2 = firstVariance;
      return;
    }
    const known = this.#bps / 1000;
    const doubt = (distrust * Math.abs(known - kbps)) / known;
    const sampleVariance = doubt * doubt;
    const knownVariance = this.#varianceKbps2 + drift;
    this.#bps =
      1000 * Math.max(1, (sampleVariance * known + knownVariance * kbps) / (sampleVariance + knownVariance));
    this.#varianceKbps2 = (sampleVariance * knownVariance) / (sampleVariance + knownVariance);
  }
}
