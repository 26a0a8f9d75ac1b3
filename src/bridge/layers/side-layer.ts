import type { Layer } from '#src/core/media.ts';
import type { CodecConfig } from '../depacketise/unit.ts';
import type { LayerTrack } from './layer-track.ts';

/** A layer beside the one that leads. */
export interface SideLayer {
  readonly layer: Layer;
  readonly rid: string;
  readonly config: CodecConfig;
  readonly reorderDepth: number;
  readonly bitrateBps: number;
  /** Why it cannot be a rung now; undefined when it can. */
  readonly problem: string | undefined;
}

/** A layer that gave nothing for so long, while others did, has gone. */
export const goneMs = 2_000;
/** The layer that leads is missed sooner. */
export const leaderGoneMs = 1_000;
/** So many pictures of others must have come meanwhile. */
export const leaderGonePictures = 5;

/** A layer as a rung could be made of it; nothing before its first keyframe. `newestMs`: when any layer gave a picture. */
export function sideLayer(
  track: LayerTrack,
  at: { readonly nowMs: number; readonly newestMs: number },
): readonly SideLayer[] {
  const { layer, rid, config, reorderDepth, bitrateBps } = track;
  if (!config) return [];
  return [{ layer, rid, config, reorderDepth, bitrateBps, problem: problemOf(track, at) }];
}

function problemOf(
  { lastMs, lock, steadiness }: LayerTrack,
  { nowMs, newestMs }: { readonly nowMs: number; readonly newestMs: number },
): string | undefined {
  if (newestMs - lastMs > goneMs) return 'the publisher does not send it now';
  if (lock.offset === undefined)
    return 'its keyframes are not of the same pictures as those of the top, so segments could not begin together';
  return steadiness.isSteady(nowMs) ? undefined : 'it has not been there for long enough';
}
