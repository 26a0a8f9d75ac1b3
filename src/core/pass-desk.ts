import type { Grant } from './access.ts';
import type { Failure } from './failure.ts';
import type { StreamId } from './ids.ts';

/** What a pass opens: the broadcast of a stream below /hls/, or the recordings of it below /vod/. */
export type PassDoor = 'hls' | 'vod';

/**
 * A permission to watch the broadcast of one stream, or its recordings, that needs no header: it travels in the path of every URL or in a cookie, so
 * that players of others and caches on the way understand it. It cannot be taken back and lives shortly.
 */
export interface BroadcastPass {
  /**
   * What it opens below its door: the stream's name; below /hls/ also that of the folder which holds the stream up to a height.
   */
  readonly folder: string;
  /** The same for everybody who got one in this minute: put before the folder's name, as `/hls/t/PATH/NAME/…`, `/vod/t/PATH/NAME/…`. */
  readonly path: string;
  /** Value of a cookie; names its holder. */
  readonly cookie: string;
  /** When it ends, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** Makes and checks passes. */
export interface PassDesk {
  /** Everybody may go in by this door, so there are no passes for it. */
  isNeedless(door: PassDoor): boolean;
  /** A pass for who has this grant; undefined where none is needed, or the grant is for something else. */
  issue(stream: StreamId, grant: Grant, door?: PassDoor): BroadcastPass | undefined;
  /** Until when a pass, as it came in a path or cookie, opens a folder; or why it does not: `pass-invalid`, `pass-expired`. */
  read(folder: string, pass: string, door?: PassDoor): number | Failure;
  /** Name of the cache of the operator's, which asks for passes itself, that has this key; undefined where none has. */
  edgeOf(key: string): string | undefined;
}
