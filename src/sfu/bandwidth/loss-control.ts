import { growthLimitBps } from './settings.ts';
import type { BandwidthSettings } from './settings.ts';

/** Up to this share lost, the rate may grow. */
const lowLoss = 0.02;
/** Above this share lost, the rate must fall. */
const highLoss = 0.1;
const increasePerSecond = 1.08;
/** Decreases come this far apart, and a round trip more: the last one must show first. */
const decreaseGapMs = 300;
/** Packets sent before a decrease are told of until then, and a round trip more: what was lost of them is no reason for another. */
const aftermathMs = 150;
/** How fast old packets stop counting. */
const memoryMs = 1_000;
/** A second, slower count tells whether probes make sense. */
const slowMemoryMs = 4_000;
/** Fewer packets say nothing about a share. */
const packetsMin = 20;

/**
 * The loss-based controller (draft-ietf-rmcat-gcc-02 section 6). Loss is counted from transport feedback where there is
 * some, otherwise taken from receiver reports.
 */
export class LossControl {
  /** Loss alone never takes the rate below this: a viewer keeps the smallest picture, which retransmission repairs. */
  floorBps = 0;
  readonly #settings: BandwidthSettings;
  #bps: number;
  #ratio = 0;
  #packets = 0;
  #lost = 0;
  #slowPackets = 0;
  #slowLost = 0;
  #decayedMs = Number.NaN;
  #updatedMs = Number.NaN;
  #decreasedMs = Number.NEGATIVE_INFINITY;
  /** When counting begins anew after a decrease. */
  #anewMs = Number.NaN;

  constructor(settings: BandwidthSettings) {
    this.#settings = settings;
    this.#bps = settings.maxBps;
  }

  get bps(): number {
    return this.#bps;
  }

  /** Share of packets lost lately, 0 to 1. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Share of packets lost over some seconds, 0 to 1. */
  get slowRatio(): number {
    return this.#slowPackets < packetsMin ? 0 : this.#slowLost / this.#slowPackets;
  }

  /** When the rate was last cut. */
  get decreasedMs(): number {
    return this.#decreasedMs;
  }

  arrived(): void {
    this.#packets += 1;
    this.#slowPackets += 1;
  }

  lost(): void {
    this.arrived();
    this.#lost += 1;
    this.#slowLost += 1;
  }

  /** What was reported lost came after all. */
  recovered(): void {
    this.#lost = Math.max(0, this.#lost - 1);
    this.#slowLost = Math.max(0, this.#slowLost - 1);
  }

  /** Takes the share that a receiver report tells (RFC 3550 section 6.4.1), 0 to 1. */
  reported(ratio: number): void {
    this.#ratio = ratio;
    this.#packets = packetsMin;
    this.#lost = ratio * packetsMin;
    this.#slowPackets += packetsMin;
    this.#slowLost += ratio * packetsMin;
  }

  /** A probe showed that so much fits, whatever is lost. */
  raise(bps: number): void {
    if (bps > this.#bps) this.#bps = Math.min(bps, this.#settings.maxBps);
  }

  /** Moves the limit; a decrease starts from `targetBps`, the estimate in force. `ackedBps` is 0 where it is not known. */
  update(targetBps: number, ackedBps: number, rttMs: number, nowMs: number): void {
    if (nowMs >= this.#anewMs) {
      this.#anewMs = Number.NaN;
      this.#packets = 0;
      this.#lost = 0;
    }
    if (this.#packets < packetsMin) return;
    this.#ratio = Math.min(1, this.#lost / this.#packets);
    this.#decay(nowMs);
    const seconds = Number.isNaN(this.#updatedMs) ? 0 : Math.min(1, (nowMs - this.#updatedMs) / 1000);
    this.#updatedMs = nowMs;
    if (this.#ratio <= lowLoss) {
      const limitBps = ackedBps > 0 ? growthLimitBps(ackedBps) : this.#settings.maxBps;
      const grownBps = this.#bps * increasePerSecond ** Math.max(0, seconds);
      this.#bps = Math.max(this.#bps, Math.min(limitBps, grownBps));
    } else if (this.#ratio > highLoss && nowMs - this.#decreasedMs >= decreaseGapMs + rttMs) {
      const cutBps = Math.min(this.#bps, targetBps) * (1 - this.#ratio / 2);
      const floorBps =
        this.#ratio < 0.3 ? Math.max(this.floorBps, this.#settings.minBps) : this.#settings.minBps;
      this.#bps = Math.min(this.#bps, Math.max(floorBps, cutBps));
      this.#decreasedMs = nowMs;
      this.#anewMs = nowMs + rttMs + aftermathMs;
    }
  }

  #decay(nowMs: number): void {
    if (!Number.isNaN(this.#decayedMs) && nowMs > this.#decayedMs) {
      const keep = Math.exp((this.#decayedMs - nowMs) / memoryMs);
      this.#packets *= keep;
      this.#lost *= keep;
      const slowKeep = Math.exp((this.#decayedMs - nowMs) / slowMemoryMs);
      this.#slowPackets *= slowKeep;
      this.#slowLost *= slowKeep;
    }
    this.#decayedMs = nowMs;
  }
}
