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

/** A publisher's layers, beside the one that leads. */
export interface Layers {
  readonly seen: readonly SideLayer[];
  /** How many are likely to become rungs in a moment: nothing is encoded in their places. */
  readonly awaited: number;
}

/** A layer that gave nothing for so long, while others did, has gone. */
export const goneMs = 2_000;
/** The layer that leads is missed sooner. */
export const leaderGoneMs = 1_000;
/** So many pictures of others must have come meanwhile. */
export const leaderGonePictures = 5;

/** So long after the first keyframe, layers that are missing are likely to come. */
const beginningMs = 5_000;

/** What there is to know when layers are judged. */
export interface LayerTimes {
  readonly nowMs: number;
  /** When any layer gave a picture. */
  readonly newestMs: number;
  /** When the first keyframe of the publisher came. */
  readonly beganMs: number;
}

/** Layers beside the one that leads, as rungs could be made of them; none before its first keyframe. */
export function sideLayers(tracks: readonly LayerTrack[], times: LayerTimes): Layers {
  const seen = tracks.flatMap((track): SideLayer[] => {
    const { layer, rid, config, reorderDepth, bitrateBps } = track;
    return config ? [{ layer, rid, config, reorderDepth, bitrateBps, problem: problemOf(track, times) }] : [];
  });
  const good = seen.filter(({ problem }) => problem === undefined).length;
  return { seen, awaited: times.nowMs - times.beganMs < beginningMs ? tracks.length - good : 0 };
}

function problemOf(
  { lastMs, lock, steadiness }: LayerTrack,
  { nowMs, newestMs }: LayerTimes,
): string | undefined {
  if (newestMs - lastMs > goneMs) return 'the publisher does not send it now';
  if (lock.offset === undefined)
    return 'its keyframes are not of the same pictures as those of the top, so segments could not begin together';
  return steadiness.isSteady(nowMs) ? undefined : 'it has not been there for long enough';
}
