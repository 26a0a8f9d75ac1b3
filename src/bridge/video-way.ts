import type { Codec } from '#src/core/media.ts';
import { sameConfig, type CodecConfig } from './depacketise/unit.ts';
import type { FfmpegPlan } from './profile.ts';
import type { Stamping } from './timed-picture.ts';

/** What a process was started for, and with. */
export interface VideoBegun {
  readonly video: CodecConfig | undefined;
  readonly plan: Pick<FfmpegPlan, 'width' | 'height'>;
}

/** An output may be a picture's worth better than planned before a new epoch pays for the interruption. */
const worthwhileGrowth = 1.1;

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

/** Whether pictures of this configuration need another process. */
export function isOutdated({ video, plan }: VideoBegun, config: CodecConfig): boolean {
  if (!video || video.codec !== config.codec) return true;
  // Parameter sets of H.264 are not in the stream: only a new header can bring new ones.
  if (config.codec === 'h264') return !sameConfig(video, config);
  return config.width * config.height > plan.width * plan.height * worthwhileGrowth;
}
