import type { AckedRate } from './acked-rate.ts';
import { LinkCapacity } from './link-capacity.ts';
import { growthLimitBps } from './settings.ts';
import type { BandwidthSettings } from './settings.ts';
import type { Usage } from './trendline.ts';

/** What a decrease leaves of the rate that arrived. */
const backOff = 0.85;
const increasePerSecond = 1.08;
const increaseMinBps = 1_000;
/** Time until a change of the rate shows: the round trip and the detector's own. */
const detectorMs = 100;
const additiveMinBps = 4_000;
const packetBits = 1200 * 8;
const framesPerSecond = 30;

/**
 * Additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 section 5.5): grows while the delay stands, holds
 * while a queue empties, falls below the rate that arrived when one grows.
 */
export class RateControl {
  readonly #settings: BandwidthSettings;
  readonly #capacity = new LinkCapacity();
  #bps: number;
  #state: 'increase' | 'hold' = 'hold';
  #changedMs = Number.NaN;
  #decreasedMs = Number.NEGATIVE_INFINITY;

  constructor(settings: BandwidthSettings) {
    this.#settings = settings;
    this.#bps = settings.startBps;
  }

  get bps(): number {
    return this.#bps;
  }

  /** When the rate was last cut. */
  get decreasedMs(): number {
    return this.#decreasedMs;
  }

  /** A probe showed that so much fits. */
  raise(bps: number, nowMs: number): void {
    if (bps <= this.#bps) return;
    this.#bps = this.#clamp(bps);
    this.#changedMs = nowMs;
  }

  /** Nobody has answered for long: the path may be gone. */
  starve(factor: number, nowMs: number): void {
    this.#bps = this.#clamp(this.#bps * factor);
    this.#changedMs = nowMs;
    this.#decreasedMs = nowMs;
  }

  /** Takes what the detector says, and the rate that arrives. */
  update(usage: Usage, acked: AckedRate, rttMs: number, nowMs: number): void {
    const ackedBps = acked.bps;
    if (usage === 'overusing') {
      if (this.#mayDecrease(ackedBps, rttMs, nowMs)) this.#decrease(acked, nowMs);
    } else if (usage === 'underusing') {
      this.#state = 'hold';
    } else if (this.#state === 'hold') {
      this.#state = 'increase';
      this.#changedMs = nowMs;
    } else {
      this.#increase(ackedBps, rttMs, nowMs);
    }
  }

  #mayDecrease(ackedBps: number, rttMs: number, nowMs: number): boolean {
    if (nowMs - this.#decreasedMs >= Math.min(200, Math.max(10, rttMs))) return true;
    return ackedBps > 0 && ackedBps < this.#bps / 2;
  }

  #decrease(acked: AckedRate, nowMs: number): void {
    const ackedBps = acked.bps;
    // A single large frame fills a queue too: the rate at which it drains is the path's, not the lower mean around it.
    let target = ackedBps > 0 ? backOff * acked.peakBps : this.#bps / 2;
    // What arrives at this instant may be a queue that empties faster than the path can carry for long.
    if (target > this.#bps && this.#capacity.known) target = backOff * this.#capacity.bps;
    if (ackedBps > 0) this.#capacity.overused(ackedBps);
    this.#bps = this.#clamp(Math.min(target, this.#bps));
    this.#state = 'hold';
    this.#changedMs = nowMs;
    this.#decreasedMs = nowMs;
  }

  #increase(ackedBps: number, rttMs: number, nowMs: number): void {
    const seconds = Math.min(1, Math.max(0, nowMs - this.#changedMs) / 1000);
    this.#changedMs = nowMs;
    if (ackedBps > 0 && this.#capacity.known && ackedBps > this.#capacity.upperBps) this.#capacity.forget();
    const limitBps = ackedBps > 0 ? growthLimitBps(ackedBps) : this.#bps;
    // Not pulled down: little sent is no sign of little capacity.
    if (this.#bps >= limitBps) return;
    const grownBps = this.#capacity.known
      ? this.#bps + this.#additiveBpsPerSecond(rttMs) * seconds
      : Math.max(this.#bps * increasePerSecond ** seconds, this.#bps + increaseMinBps * seconds);
    this.#bps = this.#clamp(Math.min(grownBps, limitBps));
  }

  /** One packet per response time. */
  #additiveBpsPerSecond(rttMs: number): number {
    const frameBits = this.#bps / framesPerSecond;
    const bits = frameBits / Math.ceil(frameBits / packetBits);
    return Math.max(additiveMinBps, (bits * 1000) / (2 * (rttMs + detectorMs)));
  }

  #clamp(bps: number): number {
    return Math.min(this.#settings.maxBps, Math.max(this.#settings.minBps, bps));
  }
}
