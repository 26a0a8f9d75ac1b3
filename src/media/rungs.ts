import type { Source } from '#src/sfu/source.ts';
import type { Rung } from '#src/sfu/bandwidth/rung-choice.ts';
import type { IncomingLayer } from './incoming-layer.ts';

/** One choice of how much video a viewer gets, and where it comes from. */
export interface VideoRung extends Rung<Source> {
  readonly layer: IncomingLayer;
  /** Rid of the simulcast layer and the layers inside it, e.g. `h S0T1`; whatever there is of both. */
  readonly label: string;
  /** 0 when the stream did not say. */
  readonly width: number;
  readonly height: number;
}

/** The rungs of one video track, smallest first, over all simulcast layers and what is inside them. Made once a second. */
export class Rungs {
  #list: readonly VideoRung[] = [];
  /** Since when each has been sent without a pause. */
  #activeSinceMs = new Map<Source, number>();

  get list(): readonly VideoRung[] {
    return this.#list;
  }

  /** Gathers what the layers have now; what was not measured yet is left out. */
  gather(layers: readonly IncomingLayer[], nowMs: number): void {
    const since = new Map<Source, number>();
    const list: VideoRung[] = [];
    const smallest = smallestOf(layers);
    for (const layer of layers) {
      if (layer.retired) continue;
      const rid = layer.track.rids[layer.layer] ?? '';
      for (const { source, bps, label, width, height } of worthwhile(layer.rungs(), layer === smallest)) {
        if (bps <= 0) continue;
        const sinceMs = this.#activeSinceMs.get(source) ?? nowMs;
        since.set(source, sinceMs);
        const text = [rid, label].filter((part) => part !== '').join(' ');
        list.push({ key: source, layer, bps, activeMs: nowMs - sinceMs, label: text, width, height });
      }
    }
    this.#activeSinceMs = since;
    this.#list = list.sort((a, b) => a.bps - b.bps);
  }

  clear(): void {
    this.#list = [];
    this.#activeSinceMs.clear();
  }

  find(source: Source | undefined): VideoRung | undefined {
    for (const rung of this.#list) if (rung.key === source) return rung;
    return undefined;
  }
}

/**
 * What of one layer is worth being seen: the frame rate is given up for the smallest picture alone, which has nothing below it.
 * A larger one at half its rate costs about as much as the next smaller one at all of its own, and stutters.
 */
export function worthwhile<R extends { readonly spatial: number; readonly temporal: number }>(
  rungs: readonly R[],
  isSmallest: boolean,
): readonly R[] {
  const top = Math.max(...rungs.map(({ temporal }) => temporal));
  return rungs.filter(({ spatial, temporal }) => temporal === top || (isSmallest && spatial === 0));
}

function smallestOf(layers: readonly IncomingLayer[]): IncomingLayer | undefined {
  let smallest: IncomingLayer | undefined;
  for (const layer of layers) {
    if (layer.retired || layer.smoothedBps <= 0) continue;
    if (smallest === undefined || layer.smoothedBps < smallest.smoothedBps) smallest = layer;
  }
  return smallest;
}
