import { opusDurationMs, opusSilence } from '../depacketise/opus.ts';
import type { AccessUnit } from '../depacketise/unit.ts';
import { matroskaBlock } from '../matroska.ts';
import { SilenceFiller } from '../silence.ts';
import { minStepMs } from '../timed-picture.ts';

/** A frame of silence as a block's content. */
const silence = { keyframe: true, chunks: [opusSilence], sizeBytes: opusSilence.length } as const;

/** One sound on its way into FFmpeg: a Matroska track that goes on in silence while its publisher sends nothing. */
export class SoundTrack {
  readonly #track: number;
  readonly #silence: SilenceFiller;
  #lastMs = -Infinity;

  /** `track`: its number in the Matroska stream. */
  constructor(track: number, nowMs: number) {
    this.#track = track;
    this.#silence = new SilenceFiller(nowMs);
  }

  /**
   * A frame comes: silence in front of the first one, as Matroska. Sounds that begin at the same instant are cut by their encoder,
   * and then into parts, at the same instants.
   */
  begin(timeMs: number): readonly Uint8Array[] {
    return this.#silent(this.#silence.begin(timeMs));
  }

  /** Whether there is room for a frame at this time; false where silence has taken it. */
  takes(unit: AccessUnit, timeMs: number, nowMs: number): boolean {
    const durationMs = opusDurationMs(unit.chunks[0] ?? opusSilence) ?? 0;
    return this.#silence.audio(timeMs, durationMs, nowMs);
  }

  /** A frame, as Matroska. */
  block(unit: AccessUnit, timeMs: number): Uint8Array {
    return matroskaBlock(this.#track, this.#after(timeMs), unit);
  }

  /** The stream has come to this time: silence for where nothing came, as Matroska. */
  fill(timeMs: number, nowMs: number): readonly Uint8Array[] {
    return this.#silent(this.#silence.video(timeMs, nowMs));
  }

  #silent(times: readonly number[]): readonly Uint8Array[] {
    return times.map((atMs) => matroskaBlock(this.#track, this.#after(atMs), silence));
  }

  /** The time, or the next possible one behind the last: a copied track's timestamps must rise. */
  #after(timeMs: number): number {
    this.#lastMs = Math.max(timeMs, this.#lastMs + minStepMs);
    return this.#lastMs;
  }
}
