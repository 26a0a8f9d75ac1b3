import type { LadderName } from '#src/core/ladder.ts';
import { lowerRungCount, rungsBelow, type PictureSize, type Rung } from '../ladder.ts';
import type { LayerCopy } from './layer-copy.ts';
import type { Layers } from './side-layer.ts';

/** Rungs below a top: layers of the publisher as they are, and what is encoded beside them. */
export interface RungPlan {
  /** From the upper end down. */
  readonly copies: readonly LayerCopy[];
  /** From the upper end down. */
  readonly encoded: readonly Rung[];
}

/** A rung this near to a layer, by height, would add nothing. */
const nearShare = 0.2;
/** A layer this much smaller than the top is a rung below it. */
const smallerShare = 0.95;

/**
 * Which layers become rungs, and what a ladder still encodes beside them: as many as the layers that can be copied fall short
 * of the ladder's number, those first that replace a layer which is missing, then from the lower end. Names go by size over
 * all layers that were ever seen, so that a rung keeps its name while others come and go.
 */
export function planRungs(name: LadderName, top: PictureSize, { seen, awaited }: Layers): RungPlan {
  const below = seen
    .filter(({ config }) => shortSide(config) < shortSide(top) * smallerShare)
    .toSorted((a, b) => shortSide(b.config) - shortSide(a.config) || b.bitrateBps - a.bitrateBps);
  // Larger layers that are missing keep their places above.
  const larger = seen.filter(({ config }) => shortSide(config) * smallerShare > shortSide(top)).length;
  const slots = below.map((layer, index) => ({ layer, rendition: `v${String(larger + index + 1)}` }));
  const copies = slots
    .filter(({ layer }) => layer.problem === undefined)
    .map(({ layer: { layer, rid, config, reorderDepth, bitrateBps }, rendition }): LayerCopy => {
      return { layer, rid, rendition, config, reorderDepth, bitrateBps };
    });
  const ladder = rungsBelow(name, top);
  if (seen.length + awaited === 0) return { copies, encoded: ladder };
  const missing = below.filter(({ problem }) => problem !== undefined).map(({ config }) => shortSide(config));
  const free = ladder.filter((rung) => !copies.some(({ config }) => isNear(rung, config)));
  const chosen = choose(free, missing, lowerRungCount(name) - copies.length - awaited);
  return { copies, encoded: named(chosen, copies, larger + below.length) };
}

function shortSide({ width, height }: PictureSize): number {
  return Math.min(width, height);
}

function isNear(rung: PictureSize, layer: PictureSize): boolean {
  return Math.abs(shortSide(rung) / shortSide(layer) - 1) <= nearShare;
}

/** `count` of the rungs, from the upper end down. */
function choose(rungs: readonly Rung[], missingPx: readonly number[], count: number): readonly Rung[] {
  const left = [...rungs];
  const chosen: Rung[] = [];
  const apart = (rung: Rung, px: number): number => Math.abs(Math.log(shortSide(rung) / px));
  for (const px of missingPx) {
    const [nearest] = left.toSorted((a, b) => apart(a, px) - apart(b, px));
    if (!nearest || chosen.length >= count) break;
    chosen.push(nearest);
    left.splice(left.indexOf(nearest), 1);
  }
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(-1));
  return chosen.toSorted((a, b) => shortSide(b) - shortSide(a));
}

/** Each gets a name between those of the next larger and the next smaller copy if one is free, and else a new one at the end. */
function named(rungs: readonly Rung[], copies: readonly LayerCopy[], names: number): readonly Rung[] {
  const numberOf = ({ rendition }: { readonly rendition: string }): number => Number(rendition.slice(1));
  const taken = new Set(copies.map(numberOf));
  let last = names;
  return rungs.map((rung) => {
    const larger = copies.filter(({ config }) => shortSide(config) > shortSide(rung)).map(numberOf);
    const smaller = copies.filter(({ config }) => shortSide(config) < shortSide(rung)).map(numberOf);
    let number = Math.max(0, ...larger) + 1;
    while (taken.has(number) && number < Math.min(last + 1, ...smaller)) number += 1;
    if (number >= Math.min(last + 1, ...smaller)) number = last += 1;
    taken.add(number);
    return { ...rung, rendition: `v${String(number)}` };
  });
}
