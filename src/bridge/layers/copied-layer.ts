import { sameConfig, type AccessUnit } from '../depacketise/unit.ts';
import { matroskaBlock, matroskaReorderedBlock } from '../matroska.ts';
import { PictureTimes } from '../picture-times.ts';
import { minStepMs, type Stamping, type TimedPicture } from '../timed-picture.ts';
import type { LayerCopy } from './layer-copy.ts';

/** A simulcast layer on its way into FFmpeg, as a Matroska track that is copied. */
export class CopiedLayer {
  readonly #copy: LayerCopy;
  readonly #track: number;
  readonly #pictures: PictureTimes | undefined;
  #needsKeyframe = true;
  #lastMs = -Infinity;

  /** `track`: its number in the Matroska stream. */
  constructor(copy: LayerCopy, track: number, stamping: Stamping) {
    this.#copy = copy;
    this.#track = track;
    this.#pictures = copy.reorderDepth > 0 ? new PictureTimes(copy.reorderDepth, stamping) : undefined;
  }

  /** Pictures are left out: it goes on with a keyframe. */
  interrupt(): void {
    this.#needsKeyframe = true;
  }

  /** The next picture, as Matroska. */
  write(unit: AccessUnit, timeMs: number): readonly Uint8Array[] {
    const { config, keyframe } = unit;
    // Only another header could bring other parameters: there will be another process for it.
    if (keyframe) this.#needsKeyframe = !config || !sameConfig(config, this.#copy.config);
    if (this.#needsKeyframe) return [];
    if (this.#pictures) return this.#timed(this.#pictures.push(unit, timeMs));
    this.#lastMs = Math.max(timeMs, this.#lastMs + minStepMs);
    return [matroskaBlock(this.#track, this.#lastMs, unit)];
  }

  /** Nothing follows: what is still held back. */
  flush(): readonly Uint8Array[] {
    return this.#pictures ? this.#timed(this.#pictures.flush()) : [];
  }

  #timed(pictures: readonly TimedPicture[]): readonly Uint8Array[] {
    return pictures.map(({ unit, decodeMs, presentMs }) => {
      const at = { timeMs: decodeMs, offsetMs: presentMs - decodeMs };
      return matroskaReorderedBlock(this.#track, at, unit);
    });
  }
}
