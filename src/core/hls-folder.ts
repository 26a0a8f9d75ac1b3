import { parseStreamId, type StreamId } from './ids.ts';

/**
 * Heights, in lines, to which LL-HLS is limited. Few and fixed: each that is in use is a copy of the stream in every cache, and
 * nobody may make such copies at will.
 */
export const heightClasses = [
  144, 180, 240, 270, 288, 360, 432, 480, 540, 576, 720, 768, 900, 960, 1080, 1200, 1440, 1600, 1920, 2160,
  2880, 4320,
] as const;

/** What a folder under /hls/ is of. */
export interface HlsFolder {
  readonly stream: StreamId;
  /** Nothing in it is higher, in lines; undefined where everything is. */
  readonly maxHeight: number | undefined;
}

/** Stands in no stream's name, and URLs take it as it is (RFC 3986 section 2.3). */
const divider = '~';

/** The largest class that allows no more than this; the smallest for what is below all. */
export function heightClassOf(maxHeight: number): number {
  return heightClasses.findLast((each) => each <= maxHeight) ?? heightClasses[0];
}

/**
 * Name of the folder that holds a stream up to this height: `NAME`, or `NAME~720`. Viewers of one class have the same URLs; what
 * a pass is signed for is this name, so that a cache which checks passes keeps to the height without knowing of it.
 */
export function hlsFolderName(stream: string, maxHeight?: number): string {
  return maxHeight === undefined ? stream : `${stream}${divider}${heightClassOf(maxHeight)}`;
}

/** What the name of a folder says; undefined for any other text. */
export function parseHlsFolder(name: string): HlsFolder | undefined {
  const at = name.indexOf(divider);
  const stream = parseStreamId(at < 0 ? name : name.slice(0, at));
  if (stream === undefined) return undefined;
  if (at < 0) return { stream, maxHeight: undefined };
  const maxHeight = heightClasses.find((each) => String(each) === name.slice(at + 1));
  return maxHeight === undefined ? undefined : { stream, maxHeight };
}
