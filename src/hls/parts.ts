import type { TimedSample } from './samples.ts';

/** Samples that together become one part. */
export interface Cut {
  readonly samples: readonly TimedSample[];
  readonly startMs: number;
  readonly endMs: number;
  /** Holds a frame at which decoding can begin. */
  readonly independent: boolean;
}

/** Parts below this share of the target are allowed only at the end of a segment (RFC 8216bis section 4.4.4.9). */
const minShare = 0.85;
const toleranceMs = 0.02;
/** Less is no hole. */
const gapToleranceMs = 1;

/**
 * Collects samples into parts. A part is complete as soon as one more frame would not fit: waiting for that frame to
 * come would cost its interval in latency.
 */
export class PartCutter {
  readonly #targetMs: number;
  #samples: TimedSample[] = [];
  #previousMs = 0;
  #lastMs = 0;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  get empty(): boolean {
    return this.#samples.length === 0;
  }

  /** The part must end in front of this sample: it would become too long, and it is long enough. */
  endsBefore(sample: TimedSample): boolean {
    return this.#longEnough() && endOf(sample) - this.#startMs() > this.#targetMs + toleranceMs;
  }

  add(sample: TimedSample): void {
    this.#previousMs = this.#lastMs;
    this.#lastMs = sample.durationMs;
    this.#samples.push(sample);
  }

  /** It lasts longer than a part may: a frame in it is shown over a hole behind it. */
  get stretched(): boolean {
    return this.#samples.length > 0 && this.#endMs() - this.#startMs() > this.#targetMs + toleranceMs;
  }

  /** No further frame fits, going by the shorter of the last two: one late frame says little about the next. */
  get full(): boolean {
    const expectedMs = Math.min(this.#lastMs, this.#previousMs || this.#lastMs);
    return this.#longEnough() && this.#endMs() + expectedMs - this.#startMs() > this.#targetMs + toleranceMs;
  }

  /** Hands out what was collected and begins anew. */
  take(): Cut | undefined {
    if (this.#samples.length === 0) return undefined;
    const samples = this.#samples;
    const cut = {
      samples,
      startMs: this.#startMs(),
      endMs: this.#endMs(),
      independent: samples.some((sample) => sample.independent),
    };
    this.#samples = [];
    return cut;
  }

  #longEnough(): boolean {
    return this.#samples.length > 0 && this.#endMs() - this.#startMs() >= minShare * this.#targetMs;
  }

  #startMs(): number {
    return this.#samples[0]?.startMs ?? 0;
  }

  #endMs(): number {
    const last = this.#samples.at(-1);
    return last ? endOf(last) : 0;
  }
}

/**
 * Durations that EXT-X-PART lists. No part may be listed longer than PART-TARGET, but a publisher that freezes stretches
 * one frame beyond it. The excess is listed as parts that are gaps ({@link gaps}) or moves on to the following parts, so that
 * their sum returns to the truth, and EXTINF of the finished segment always tells it.
 */
export class ListedDurations {
  readonly #targetMs: number;
  #segmentStartMs = 0;
  #listedMs = 0;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /** A segment begins at this media time. */
  begin(startMs: number): void {
    this.#segmentStartMs = startMs;
    this.#listedMs = 0;
  }

  /** Duration to list for a part that ends at this media time. */
  next(endMs: number): number {
    const durationMs = Math.min(this.#targetMs, endMs - this.#segmentStartMs - this.#listedMs);
    this.#listedMs += durationMs;
    return durationMs;
  }

  /** Durations of parts that are gaps, which bring the sum to this media time: as few as PART-TARGET allows, all equal. */
  gaps(endMs: number): readonly number[] {
    const missingMs = endMs - this.#segmentStartMs - this.#listedMs;
    if (missingMs <= gapToleranceMs) return [];
    this.#listedMs += missingMs;
    const count = Math.ceil(missingMs / this.#targetMs);
    return Array.from({ length: count }, () => missingMs / count);
  }
}

/** When a sample stops being shown. */
export function endOf(sample: TimedSample): number {
  return sample.startMs + sample.durationMs;
}
