import type { Codec } from '#src/core/media.ts';
import { ReorderDepth } from '#src/rtp/h264/reorder-depth.ts';
import { sameConfig, type AccessUnit, type CodecConfig } from './depacketise/unit.ts';
import { videoWay, type VideoWay } from './video-way.ts';

/** Pictures out of order before a publisher counts as one that sends B-frames. */
const backwardsLimit = 3;

/** Learns in which order a publisher's pictures come, and by that how they get into fragmented MP4. */
export class PictureWatch {
  #backwards = 0;
  #config: CodecConfig | undefined;
  /** Of the pictures of this configuration. */
  #reorder = new ReorderDepth();

  /** The next picture; true when it begins another configuration. */
  picture({ config, keyframe, order }: AccessUnit): boolean {
    const isNew = config !== undefined && (!this.#config || !sameConfig(this.#config, config));
    if (isNew) {
      this.#config = config;
      this.#reorder = new ReorderDepth();
    }
    if (order !== undefined) this.#reorder.add(order, keyframe);
    return isNew;
  }

  /** A picture's timestamp went back. */
  wentBack(): void {
    if (this.#backwards < backwardsLimit) this.#backwards += 1;
  }

  /** How pictures of this codec get through, by what is known now. */
  way(codec: Codec): VideoWay {
    return videoWay({ codec, backwards: this.#isBackwards, reorderDepth: this.#reorderDepth });
  }

  /** Why an epoch whose video gets through in this way is not right for the pictures; undefined while it is. */
  objects({ passthrough, reorderDepth, stamping }: VideoWay): string | undefined {
    if (!passthrough) return undefined;
    if (reorderDepth < this.#reorderDepth) return 'pictures are reordered';
    if (this.#isBackwards && stamping === 'decode') return 'pictures come in decoding order';
    return undefined;
  }

  get #isBackwards(): boolean {
    return this.#backwards >= backwardsLimit;
  }

  /** Pictures that must be held back, by what the stream declares and by what was seen. */
  get #reorderDepth(): number {
    return Math.max(this.#config?.reorderFrames ?? 0, this.#reorder.depth);
  }
}
