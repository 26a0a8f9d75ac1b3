import { counterStep, stampAgeMs } from '../barcode.ts';
import type { Stamp } from '../barcode.ts';
import type { Distribution } from '../rig-types.ts';
import { wallNowMs } from './clock.ts';
import { StampReader } from './stamp-reader.ts';

const sampleLimit = 20_000;

/** Reads the barcode of every frame that a video element shows. */
export class FrameMeter {
  joinMs: number | undefined;
  framesShown = 0;
  framesRead = 0;
  framesUnreadable = 0;
  largestStep = 0;
  framesBack = 0;
  readonly #video: HTMLVideoElement;
  readonly #reader: StampReader;
  readonly #startedMs: number;
  readonly #onShown: (metadata: VideoFrameCallbackMetadata) => void;
  readonly #samples: number[] = [];
  #longestGapMs = 0;
  #lastShownMs: number | undefined;
  #last: Stamp | undefined;
  #running = true;

  constructor(
    video: HTMLVideoElement,
    startedMs: number,
    onShown: (metadata: VideoFrameCallbackMetadata) => void = () => undefined,
  ) {
    this.#video = video;
    this.#onShown = onShown;
    this.#startedMs = startedMs;
    this.#reader = new StampReader(video);
    this.#next();
  }

  get glass(): Distribution {
    return distribution(this.#samples);
  }

  get longestGapMs(): number {
    const open = this.#lastShownMs === undefined ? 0 : performance.now() - this.#lastShownMs;
    return Math.max(this.#longestGapMs, open);
  }

  reset(): void {
    this.#samples.length = 0;
    this.framesShown = 0;
    this.framesRead = 0;
    this.framesUnreadable = 0;
    this.largestStep = 0;
    this.framesBack = 0;
    this.#longestGapMs = 0;
  }

  stop(): void {
    this.#running = false;
  }

  #next(): void {
    this.#video.requestVideoFrameCallback((_nowMs, metadata) => {
      if (!this.#running) return;
      this.#measure();
      this.#onShown(metadata);
      this.#next();
    });
  }

  #measure(): void {
    const nowMs = performance.now();
    const wallMs = wallNowMs();
    this.framesShown++;
    const stamp = this.#reader.read();
    if (!stamp) {
      this.framesUnreadable++;
      return;
    }
    this.joinMs ??= nowMs - this.#startedMs;
    const step = this.#last ? counterStep(this.#last.counter, stamp.counter) : 1;
    this.#last = stamp;
    // The same picture shown twice is no news, and neither ends a gap nor gives a sample.
    if (step === 0) return;
    this.framesRead++;
    // Half the counter's range and more is a step back: another publisher, or a jump in the playlist.
    if (step < 0x8000) this.largestStep = Math.max(this.largestStep, step);
    else this.framesBack++;
    if (this.#lastShownMs !== undefined)
      this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastShownMs);
    this.#lastShownMs = nowMs;
    if (this.#samples.length < sampleLimit) this.#samples.push(stampAgeMs(stamp, wallMs));
  }
}

/** Percentiles of samples in milliseconds. */
export function distribution(samples: readonly number[]): Distribution {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return {
    count: sorted.length,
    minMs: at(0),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
