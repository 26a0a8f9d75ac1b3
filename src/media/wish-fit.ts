import type { VideoWish } from '#src/core/media.ts';

/** What a wish looks at in a rung. */
export interface WishedRung {
  readonly rid: string;
  readonly spatial: number;
  readonly temporal: number;
  /** 0 when the stream did not say. */
  readonly width: number;
  readonly height: number;
}

/**
 * The rungs, given smallest first, that a wish leaves to the automatic choice; the smallest of all where nothing fits, because a
 * picture of the wrong size is better than none. The very same array where the wish takes nothing away.
 */
export function fittingWish<R extends WishedRung>(rungs: readonly R[], wish: VideoWish): readonly R[] {
  const fitting = ranked(
    rungs.filter((rung) => fits(rung, wish)),
    wish.picture,
  );
  if (fitting.length === rungs.length) return rungs;
  return fitting.length > 0 ? fitting : rungs.slice(0, 1);
}

function fits(rung: WishedRung, wish: VideoWish): boolean {
  return (
    (wish.rid === undefined || rung.rid === wish.rid) &&
    (wish.spatialLayer === undefined || rung.spatial === wish.spatialLayer) &&
    (wish.temporalLayer === undefined || rung.temporal === wish.temporalLayer) &&
    rung.spatial <= (wish.maxSpatialLayer ?? Number.POSITIVE_INFINITY) &&
    rung.temporal <= (wish.maxTemporalLayer ?? Number.POSITIVE_INFINITY) &&
    // A size that is not known is 0, and fits.
    rung.width <= (wish.maxWidth ?? Number.POSITIVE_INFINITY) &&
    rung.height <= (wish.maxHeight ?? Number.POSITIVE_INFINITY)
  );
}

/** Those of one size by its rank; of two sizes, the smaller one is the middle. */
function ranked<R extends WishedRung>(rungs: readonly R[], picture: VideoWish['picture']): readonly R[] {
  if (picture === undefined) return rungs;
  const sizes = [...new Set(rungs.map(sizeKey))];
  const places = { smallest: 0, middle: Math.floor((sizes.length - 1) / 2), largest: sizes.length - 1 };
  return rungs.filter((rung) => sizeKey(rung) === sizes[places[picture]]);
}

/** Rungs that differ in their frame rate alone have the same. */
function sizeKey({ rid, spatial }: WishedRung): string {
  return `${spatial.toString()} ${rid}`;
}
