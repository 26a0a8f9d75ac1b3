import type { Codec } from '#src/core/media.ts';
import type { Stamping } from './timed-picture.ts';

/** What is known of a video stream when FFmpeg is started for it. */
export interface VideoFacts {
  readonly codec: Codec;
  /** Timestamps went back again and again: they say when pictures are shown, and these come in decoding order. */
  readonly backwards: boolean;
  /** How many pictures must be held back to bring them into order, as far as the stream tells. */
  readonly reorderDepth: number;
}

/** How video gets into fragmented MP4. */
export interface VideoWay {
  /** Copied, or encoded anew. */
  readonly passthrough: boolean;
  /** Above 0: pictures get both of their times before they are copied. */
  readonly reorderDepth: number;
  readonly stamping: Stamping;
}

/**
 * H.264 passes through, with B-frames too where the stream tells their order. Where it does not, decoding times cannot be
 * found, so pictures that come in decoding order are encoded anew.
 */
export function videoWay({ codec, backwards, reorderDepth }: VideoFacts): VideoWay {
  const passthrough = codec === 'h264' && (!backwards || reorderDepth > 0);
  return {
    passthrough,
    reorderDepth: passthrough ? reorderDepth : 0,
    stamping: backwards ? 'presentation' : 'decode',
  };
}
