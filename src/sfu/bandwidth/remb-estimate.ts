import type { BandwidthSettings } from './settings.ts';

/** Share of a rise that each message is believed: receivers overshoot while they search. */
const riseShare = 0.5;
/** The receiver's figure is an upper bound. */
const expectedUsage = 0.95;

/**
 * The receiver's own estimate (draft-alvestrand-rmcat-remb-03), for viewers without transport-wide feedback: falls at once,
 * rises halfway.
 */
export class RembEstimate {
  readonly #settings: BandwidthSettings;
  #bps = 0;
  #decreasedMs = Number.NEGATIVE_INFINITY;

  constructor(settings: BandwidthSettings) {
    this.#settings = settings;
  }

  /** 0 until a message came. */
  get bps(): number {
    return this.#bps;
  }

  /** When it last fell. */
  get decreasedMs(): number {
    return this.#decreasedMs;
  }

  /** Takes one message. */
  add(bps: number, nowMs: number): void {
    const { minBps, maxBps } = this.#settings;
    const next = Math.min(maxBps, Math.max(minBps, expectedUsage * bps));
    if (this.#bps === 0 || next <= this.#bps) {
      if (next < this.#bps) this.#decreasedMs = nowMs;
      this.#bps = next;
    } else {
      this.#bps += riseShare * (next - this.#bps);
    }
  }
}
