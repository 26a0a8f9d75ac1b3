import { timestamp } from '../captions/webvtt.ts';
import type { Segment } from '../media-segment.ts';

/** Where a small picture is. */
export interface Tile {
  /** URL of the image, relative to that of the list. */
  readonly uri: string;
  /** From the left. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
}

/** What a list of pictures says. */
export interface StoryboardView {
  /** Complete segments, oldest first. */
  readonly segments: readonly Segment[];
  /** The picture with which a segment begins; undefined where there is none. */
  readonly tileOf: (msn: number) => Tile | undefined;
  /** What is shown from the beginning on until the first picture. */
  readonly before: Tile | undefined;
  /** The newest picture is shown this long at least. */
  readonly everyMs: number;
}

interface Shown {
  readonly tile: Tile;
  readonly startMs: number;
  /** When it was, by the wall clock; undefined where that is before the first segment. */
  readonly wallMs: number | undefined;
}

/**
 * Writes the WebVTT file that players read for previews while seeking. Times count from the first segment listed, as a player
 * counts that has just begun. The name of each cue is its picture's EXT-X-PROGRAM-DATE-TIME, which stays true when the window
 * has moved on. Each cue names a piece of an image (Media Fragments URI section 4.2.2) and reaches to the next picture.
 */
export function renderStoryboard({ segments, tileOf, before, everyMs }: StoryboardView): string {
  const cues: string[] = ['WEBVTT\n'];
  let shown: Shown | undefined = before && { tile: before, startMs: 0, wallMs: undefined };
  let atMs = 0;
  const close = (endMs: number): void => {
    if (shown && endMs > shown.startMs) cues.push(renderCue(shown, endMs));
    shown = undefined;
  };
  let lastMs = 0;
  for (const { msn, discontinuity, startWallMs, durationMs } of segments) {
    const tile = tileOf(msn);
    // What was to be seen before a break says nothing of what is behind it.
    if (tile || discontinuity) close(atMs);
    if (tile) {
      shown = { tile, startMs: atMs, wallMs: startWallMs };
      lastMs = durationMs;
    }
    atMs += durationMs;
  }
  close(Math.min(atMs, (shown?.startMs ?? 0) + Math.max(everyMs, lastMs)));
  return cues.join('\n');
}

function renderCue({ tile, startMs, wallMs }: Shown, endMs: number): string {
  const { uri, index, width, height } = tile;
  const name = wallMs === undefined ? '' : `${new Date(wallMs).toISOString()}\n`;
  const times = `${timestamp(Math.round(startMs))} --> ${timestamp(Math.round(endMs))}`;
  return `${name}${times}\n${uri}#xywh=${index * width},0,${width},${height}\n`;
}
