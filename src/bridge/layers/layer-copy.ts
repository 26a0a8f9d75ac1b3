import profiles from '../../../ffmpeg/profiles.json' with { type: 'json' };
import type { Layer } from '#src/core/media.ts';
import { sameConfig, type CodecConfig } from '../depacketise/unit.ts';

/** A simulcast layer that becomes a rung as it is. */
export interface LayerCopy {
  readonly layer: Layer;
  readonly rid: string;
  /** Rendition id, e.g. v1. */
  readonly rendition: string;
  readonly config: CodecConfig;
  /** Above 0: pictures get both of their times before they are copied. */
  readonly reorderDepth: number;
  readonly bitrateBps: number;
}

/** FFmpeg's options that copy video track `source` of the input. */
export function layerCopyOptions({ reorderDepth }: LayerCopy, source: number): readonly string[] {
  const options = reorderDepth > 0 ? profiles.videoCopyReordered : profiles.videoCopy;
  return options.map((option) => (option === '0:v:0' ? `0:v:${String(source)}` : option));
}

/** Whether a process that copies one can go on where the other is wished. */
export function sameCopy(one: LayerCopy, other: LayerCopy): boolean {
  return (
    one.layer === other.layer &&
    one.rendition === other.rendition &&
    one.reorderDepth === other.reorderDepth &&
    sameConfig(one.config, other.config)
  );
}
