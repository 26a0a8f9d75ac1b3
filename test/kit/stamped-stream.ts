import { setTimeout as sleep } from 'node:timers/promises';

import type { ObsPublisher } from './obs-publisher.ts';
import { type Recording, recordingFrameRateHz } from './recording.ts';

/** A publisher whose pictures say where in the recording they are. */
export class StampedStream {
  readonly #publisher: ObsPublisher;
  readonly #loopMs: number;
  readonly #keyframeIntervalMs: number;
  readonly #wallOffsetMs = wallOffsetMs();

  constructor(publisher: ObsPublisher, recording: Recording, keyframeSeconds: number) {
    this.#publisher = publisher;
    this.#keyframeIntervalMs = keyframeSeconds * 1000;
    this.#loopMs = (recording.pictures.length * 1000) / recordingFrameRateHz;
  }

  /** Time from the sending of a picture until `wallMs`. */
  ageMs(positionMs: number, wallMs: number): number {
    const playedMs = wallMs - this.#wallOffsetMs - this.#publisher.startedMs;
    const ageMs = (((playedMs - positionMs) % this.#loopMs) + this.#loopMs) % this.#loopMs;
    return ageMs > this.#loopMs / 2 ? ageMs - this.#loopMs : ageMs;
  }

  /** Waits until the last keyframe lies so far back; gives how far it really does. */
  async phase(wantedMs: number): Promise<number> {
    const intervalMs = this.#keyframeIntervalMs;
    const phaseMs = (): number => (performance.now() - this.#publisher.startedMs) % intervalMs;
    await sleep((wantedMs - phaseMs() + intervalMs) % intervalMs);
    return phaseMs();
  }
}

/** Wall minus monotonic clock; Date.now() is floored, so the largest difference of some turns is the true one. */
function wallOffsetMs(): number {
  let largest = Number.NEGATIVE_INFINITY;
  const end = performance.now() + 12;
  while (performance.now() < end) largest = Math.max(largest, Date.now() - performance.now());
  return largest;
}
