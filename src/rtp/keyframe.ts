import type { Codec } from '#src/core/media.ts';
import { av1KeyframeStart, av1Resolution } from './keyframe/av1.ts';
import { h264KeyframeStart, h264Resolution } from './keyframe/h264.ts';
import { h265KeyframeStart, h265Resolution } from './keyframe/h265.ts';
import { vp8KeyframeStart, vp8Resolution } from './keyframe/vp8.ts';
import { vp9KeyframeStart, vp9Resolution } from './keyframe/vp9.ts';
import type { Resolution } from './keyframe/resolution.ts';

/**
 * Whether a decoder can start with the packet that has this payload. More than one packet of a keyframe may say yes (H.264
 * parameter sets and the slice behind them): count keyframes by timestamp. Audio can always start. Never throws.
 */
export function isKeyframeStart(codec: Codec, payload: Uint8Array): boolean {
  switch (codec) {
    case 'h264':
      return h264KeyframeStart(payload);
    case 'h265':
      return h265KeyframeStart(payload);
    case 'vp8':
      return vp8KeyframeStart(payload);
    case 'vp9':
      return vp9KeyframeStart(payload);
    case 'av1':
      return av1KeyframeStart(payload);
    case 'opus':
      return true;
  }
}

/**
 * The picture size that this payload announces, or undefined when it announces none: most packets, even of a keyframe, do
 * not. Call it only for packets of keyframes. Never throws.
 */
export function resolution(codec: Codec, payload: Uint8Array): Resolution | undefined {
  switch (codec) {
    case 'h264':
      return h264Resolution(payload);
    case 'h265':
      return h265Resolution(payload);
    case 'vp8':
      return vp8Resolution(payload);
    case 'vp9':
      return vp9Resolution(payload);
    case 'av1':
      return av1Resolution(payload);
    case 'opus':
      return undefined;
  }
}
