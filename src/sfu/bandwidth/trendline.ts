/** What the delays say about the path: a queue grows, stands, or empties. */
export type Usage = 'overusing' | 'normal' | 'underusing';

const windowGroups = 20;
const smoothing = 0.9;
const gain = 4;
/** The slope counts for more the more groups support it, up to this many. */
const weightMax = 60;
const thresholdStartMs = 12.5;
const thresholdMinMs = 6;
const thresholdMaxMs = 600;
const thresholdUp = 0.0087;
const thresholdDown = 0.039;
/** A slope this far above the threshold is an event, not the path's habit: it leaves the threshold alone. */
const outlierMs = 15;
const adaptStepMaxMs = 100;
/** How long the slope must stay above the threshold. */
const overuseMs = 10;

/**
 * The delay-based detector (draft-ietf-rmcat-gcc-02 sections 5.3 and 5.4): a line through the smoothed delays of the last
 * groups, against a threshold that learns how much the path's delay varies anyway.
 */
export class Trendline {
  usage: Usage = 'normal';
  readonly #arrivedMs = new Float64Array(windowGroups);
  readonly #delayMs = new Float64Array(windowGroups);
  #groups = 0;
  #originMs = Number.NaN;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  #slopeBefore = 0;
  #thresholdMs = thresholdStartMs;
  #adaptedMs = Number.NaN;
  #overMs = -1;
  #overGroups = 0;

  /** Notes how a group's gap changed on the way, and when (by the receiver's clock) it had arrived. */
  add(sendDeltaMs: number, arrivalDeltaMs: number, arrivedMs: number): void {
    if (Number.isNaN(this.#originMs)) this.#originMs = arrivedMs;
    this.#accumulatedMs += arrivalDeltaMs - sendDeltaMs;
    this.#smoothedMs = smoothing * this.#smoothedMs + (1 - smoothing) * this.#accumulatedMs;
    const at = this.#groups % windowGroups;
    this.#arrivedMs[at] = arrivedMs - this.#originMs;
    this.#delayMs[at] = this.#smoothedMs;
    this.#groups += 1;
    const slope = this.#groups < windowGroups ? this.#slopeBefore : this.#slope();
    const trendMs = Math.min(this.#groups, weightMax) * slope * gain;
    this.#judge(trendMs, slope, sendDeltaMs);
    this.#adapt(Math.abs(trendMs), arrivedMs);
    this.#slopeBefore = slope;
  }

  /** Least squares; the window's order does not matter to it. */
  #slope(): number {
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < windowGroups; i += 1) {
      sumX += this.#arrivedMs[i] ?? 0;
      sumY += this.#delayMs[i] ?? 0;
    }
    const meanX = sumX / windowGroups;
    const meanY = sumY / windowGroups;
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < windowGroups; i += 1) {
      const x = (this.#arrivedMs[i] ?? 0) - meanX;
      covariance += x * ((this.#delayMs[i] ?? 0) - meanY);
      variance += x * x;
    }
    return variance === 0 ? this.#slopeBefore : covariance / variance;
  }

  #judge(trendMs: number, slope: number, sendDeltaMs: number): void {
    if (trendMs > this.#thresholdMs) {
      // Of the first group above it is not known when the threshold was crossed: half of its gap is a fair guess.
      this.#overMs = this.#overMs < 0 ? sendDeltaMs / 2 : this.#overMs + sendDeltaMs;
      this.#overGroups += 1;
      if (this.#overMs > overuseMs && this.#overGroups > 1 && slope >= this.#slopeBefore) {
        this.#overMs = 0;
        this.#overGroups = 0;
        this.usage = 'overusing';
      }
      return;
    }
    this.#overMs = -1;
    this.#overGroups = 0;
    this.usage = trendMs < -this.#thresholdMs ? 'underusing' : 'normal';
  }

  #adapt(sizeMs: number, arrivedMs: number): void {
    const stepMs = Number.isNaN(this.#adaptedMs)
      ? 0
      : Math.min(Math.max(arrivedMs - this.#adaptedMs, 0), adaptStepMaxMs);
    this.#adaptedMs = arrivedMs;
    if (sizeMs > this.#thresholdMs + outlierMs) return;
    const rate = sizeMs < this.#thresholdMs ? thresholdDown : thresholdUp;
    const next = this.#thresholdMs + rate * (sizeMs - this.#thresholdMs) * stepMs;
    this.#thresholdMs = Math.min(thresholdMaxMs, Math.max(thresholdMinMs, next));
  }
}
