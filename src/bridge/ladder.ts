import data from '../../ffmpeg/ladders.json' with { type: 'json' };
import type { LadderName } from '#src/core/ladder.ts';

/** One encoded quality below the top. */
export interface Rung {
  /** Rendition id: v1 is the one below the top. It stays the rung's name when another one is left out. */
  readonly rendition: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
}

/** A picture's size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Which ladder a stream gets where settings say it by patterns; the first that matches holds. */
export interface LadderRules {
  readonly ladder: LadderName;
  readonly ladders: readonly { readonly stream: string; readonly ladder: LadderName }[];
}

/** The ladder of one stream; `matches` says whether a pattern means it. */
export function ladderFor(
  { ladder, ladders }: LadderRules,
  matches: (pattern: string) => boolean,
): LadderName {
  return ladders.find(({ stream }) => matches(stream))?.ladder ?? ladder;
}

/** How many rungs a ladder has below its top, where the picture is large enough. */
export function lowerRungCount(name: LadderName): number {
  return data.lowerRungs[name];
}

/**
 * The rungs below a top of this size: each at most three fifths as high as the one above, so that a switch is worth it, and
 * none larger than the top. Upright pictures count by their width.
 */
export function rungsBelow(name: LadderName, top: PictureSize): readonly Rung[] {
  const count = data.lowerRungs[name];
  const shortSidePx = Math.min(top.width, top.height);
  const rungs: Rung[] = [];
  let abovePx = shortSidePx;
  for (const { heightPx, bitrateBps } of data.rungs) {
    if (rungs.length === count) break;
    if (heightPx > abovePx * data.largestShare) continue;
    const scale = heightPx / shortSidePx;
    rungs.push({
      rendition: `v${String(rungs.length + 1)}`,
      width: even(top.width * scale),
      height: even(top.height * scale),
      bitrateBps,
    });
    abovePx = heightPx;
  }
  return rungs;
}

/** 4:2:0 needs even sizes. */
function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}
