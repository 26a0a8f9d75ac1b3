import type { VideoWish } from '#src/core/media.ts';
import type { Source } from '#src/sfu/source.ts';
import type { Rung } from '#src/sfu/bandwidth/rung-choice.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import { fittingWish } from './wish-fit.ts';

/** One choice of how much video a viewer gets, and where it comes from. */
export interface VideoRung extends Rung<Source> {
  readonly layer: IncomingLayer;
  readonly rid: string;
  /** Highest layers inside the stream that are part of it. */
  readonly spatial: number;
  readonly temporal: number;
  /** Rid of the simulcast layer and the layers inside it, e.g. `h S0T1`; whatever there is of both. */
  readonly label: string;
  /** 0 when the stream did not say. */
  readonly width: number;
  readonly height: number;
}

/** The rungs of one video track, smallest first, over all simulcast layers and what is inside them. Made once a second. */
export class Rungs {
  #all: readonly VideoRung[] = [];
  #list: readonly VideoRung[] = [];
  /** Since when each has been sent without a pause. */
  #activeSinceMs = new Map<Source, number>();

  /** Whatever there is, also what only a viewer gets that asks for it. */
  get all(): readonly VideoRung[] {
    return this.#all;
  }

  /** What is offered to everybody. A new array with every {@link gather}. */
  get list(): readonly VideoRung[] {
    return this.#list;
  }

  /** Gathers what the layers have now; what was not measured yet is left out. */
  gather(layers: readonly IncomingLayer[], nowMs: number): void {
    const since = new Map<Source, number>();
    const all: VideoRung[] = [];
    for (const layer of layers) {
      if (layer.retired) continue;
      const rid = layer.track.rids[layer.layer] ?? '';
      const inside = layer.rungs();
      for (const { source, bps, spatial, temporal, label, width, height } of inside) {
        if (bps <= 0) continue;
        const sinceMs = this.#activeSinceMs.get(source) ?? nowMs;
        since.set(source, sinceMs);
        const text = [rid, inside.length > 1 ? label : ''].filter((part) => part !== '').join(' ');
        const part = { rid, spatial, temporal, label: text, width, height };
        all.push({ key: source, layer, bps, activeMs: nowMs - sinceMs, ...part });
      }
    }
    this.#activeSinceMs = since;
    this.#all = all.sort((a, b) => a.bps - b.bps);
    this.#list = worthSeeing(this.#all);
  }

  clear(): void {
    this.#all = [];
    this.#list = [];
    this.#activeSinceMs.clear();
  }

  find(source: Source | undefined): VideoRung | undefined {
    for (const rung of this.#all) if (rung.key === source) return rung;
    return undefined;
  }

  /** What is left to the automatic choice for a viewer with this wish; the smallest rung where nothing fits. */
  within(wish: VideoWish): readonly VideoRung[] {
    const fitting = fittingWish(this.#all, wish);
    // What a wish names is worth being seen, so worth is weighed among what fits.
    return fitting === this.#all ? this.#list : worthSeeing(fitting);
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
  const bottom = Math.min(...rungs.map(({ spatial }) => spatial));
  return rungs.filter(({ spatial, temporal }) => temporal === top || (isSmallest && spatial === bottom));
}

/** The same over all simulcast layers; keeps the order. */
function worthSeeing(rungs: readonly VideoRung[]): readonly VideoRung[] {
  const layers = [...new Set(rungs.map(({ layer }) => layer))];
  const smallest = layers.toSorted((a, b) => a.smoothedBps - b.smoothedBps)[0];
  const worth = new Set(
    layers.flatMap((layer) =>
      worthwhile(
        rungs.filter((rung) => rung.layer === layer),
        layer === smallest,
      ),
    ),
  );
  return rungs.filter((rung) => worth.has(rung));
}
