import { opusSilenceMs } from './depacketise/opus.ts';

/** Audio that did not arrive for this long is replaced. */
const patienceMs = 400;
/** Longer holes are not filled frame by frame. */
const longestFillMs = 10_000;
const toleranceMs = 10;

/**
 * Keeps an audio track going while its publisher sends nothing (muted, a device pulled out): a player stops when one of
 * its tracks does. Says where frames of silence belong, and refuses late audio whose place is taken.
 */
export class SilenceFiller {
  /** End of what is written. */
  #untilMs = 0;
  #filledUntilMs = -Infinity;
  #lastArrivalMs: number;
  /** How far audio usually trails the video when it arrives. */
  #lagMs = 0;
  #videoMs = 0;

  constructor(nowMs: number) {
    this.#lastArrivalMs = nowMs;
  }

  /** Before the first frame, which belongs at this time: where silence belongs so that the track begins at 0. */
  begin(timeMs: number): readonly number[] {
    if (this.#untilMs > 0) return [];
    const times: number[] = [];
    do {
      times.push(this.#untilMs);
      this.#untilMs += opusSilenceMs;
    } while (this.#untilMs + opusSilenceMs <= Math.min(timeMs, longestFillMs));
    this.#filledUntilMs = this.#untilMs;
    return times;
  }

  /** A frame of audio came; false when it must be dropped. */
  audio(timeMs: number, durationMs: number, nowMs: number): boolean {
    this.#lastArrivalMs = nowMs;
    this.#lagMs = Math.max(0, this.#videoMs - timeMs);
    if (timeMs < this.#filledUntilMs - toleranceMs) return false;
    this.#untilMs = Math.max(this.#untilMs, timeMs + durationMs);
    return true;
  }

  /** A picture came: the times at which 20 ms of silence each belong. */
  video(timeMs: number, nowMs: number): readonly number[] {
    this.#videoMs = timeMs;
    if (nowMs - this.#lastArrivalMs < patienceMs) return [];
    const limitMs = timeMs - this.#lagMs;
    if (limitMs - this.#untilMs > longestFillMs) this.#untilMs = limitMs - opusSilenceMs;
    const times: number[] = [];
    while (this.#untilMs + opusSilenceMs <= limitMs) {
      times.push(this.#untilMs);
      this.#untilMs += opusSilenceMs;
      this.#filledUntilMs = this.#untilMs;
    }
    return times;
  }
}
