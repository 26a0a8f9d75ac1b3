/** What the choice looks at: one simulcast layer and its measured rate. */
export interface LayerRate {
  readonly smoothedBps: number;
}

/** A layer must beat the chosen one by this factor: equal layers must not take turns. */
const clearlyLarger = 1.25;

/**
 * Which simulcast layer everybody gets for now: the one with the largest measured rate. Rids cannot tell (the largest is
 * "0" for some publishers and "f" or "h" for others), so the bytes decide, once a second and never for a close call.
 */
export function chooseLayer<L extends LayerRate>(
  layers: readonly L[],
  current: L | undefined,
): L | undefined {
  let best = current;
  for (const layer of layers) {
    if (layer.smoothedBps <= 0) continue;
    const bar = best === undefined ? 0 : best.smoothedBps * (best === current ? clearlyLarger : 1);
    if (layer !== best && layer.smoothedBps > bar) best = layer;
  }
  return best;
}
