import type { TapPacket } from '#src/core/media.ts';
import { rounded } from '#src/core/rounding.ts';
import { medianOf, Rolling } from '../rolling.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** Intervals that are looked at: about four seconds at 30 pictures a second. */
const keptIntervals = 128;
const leastIntervals = 60;
/** An interval this far from the usual one is a stumble. */
const stumbleShare = 0.5;
const unstableShare = 0.2;
const changeShare = 0.25;
/** Another rate must hold for as long as it takes to forget the old intervals. */
const newsMs = 60_000;
/** A longer hole is a pause, not a pace. */
const pauseMs = 2_000;
const ticksPerMs = 90;

/** Reads the pace of pictures from their timestamps: unsteady, or another than before. */
export class PaceWatch implements Watch {
  readonly #intervals = new Rolling(keptIntervals);
  #timestamp: number | undefined;
  #lastSequence = -1;
  /** Usual interval that held so far. */
  #usualMs = 0;
  #change: { readonly atMs: number; readonly fromHz: number; readonly toHz: number } | undefined;

  packet({ sequence, timestamp }: TapPacket): void {
    if (sequence <= this.#lastSequence) return;
    const hole = sequence !== this.#lastSequence + 1;
    this.#lastSequence = sequence;
    if (timestamp === this.#timestamp) return;
    const stepMs = this.#timestamp === undefined ? 0 : ((timestamp - this.#timestamp) | 0) / ticksPerMs;
    this.#timestamp = timestamp;
    // Times of the screen in decoding order go back and forth: they say nothing about the pace.
    if (stepMs < 0 || stepMs > pauseMs) this.#intervals.clear();
    else if (stepMs > 0 && !hole) this.#intervals.push(stepMs);
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    if (this.#intervals.size >= leastIntervals) symptoms.push(...this.#judge(nowMs));
    if (this.#change && nowMs - this.#change.atMs < newsMs) {
      const { fromHz, toHz } = this.#change;
      symptoms.push({ code: 'frame-rate-change', evidence: { fromHz, toHz } });
    }
    return symptoms;
  }

  #judge(nowMs: number): readonly Symptom[] {
    const sorted = this.#intervals.sorted();
    const usualMs = medianOf(sorted);
    const stumbles = sorted.filter((ms) => Math.abs(ms - usualMs) > stumbleShare * usualMs).length;
    const share = stumbles / sorted.length;
    if (share >= unstableShare) {
      const evidence = { frameRateHz: rounded(1000 / usualMs, 1), unevenPercent: Math.round(100 * share) };
      return [{ code: 'frame-rate-unstable', evidence }];
    }
    const moved = Math.abs(usualMs - this.#usualMs) > changeShare * this.#usualMs;
    if (moved) {
      if (this.#usualMs > 0)
        this.#change = {
          atMs: nowMs,
          fromHz: rounded(1000 / this.#usualMs, 1),
          toHz: rounded(1000 / usualMs, 1),
        };
      this.#usualMs = usualMs;
    }
    return [];
  }
}
