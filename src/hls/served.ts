import type { Report, Skip } from './playlist.ts';
import type { StreamTiming } from './timing.ts';
import type { Waiters } from './waiters.ts';
import type { MediaWindow } from './window.ts';

/** A playlist as it goes out; both forms are made once for all who ask. */
export interface PlaylistBytes {
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
}

/** One media playlist and its files, as the origin serves them: of a track of the encoder, or of something else. */
export interface ServedRendition {
  /** Lower case letters and digits; names of its playlist and its files begin with it. */
  readonly id: string;
  readonly window: MediaWindow;
  readonly timing: StreamTiming;
  readonly waiters: Waiters;
  /** Name of the part that comes next; undefined when none will. */
  readonly hintName: string | undefined;
  /** Content-Type of its segments and parts. */
  readonly mediaType: string;
  /** An init segment by its name. */
  init(name: string): Uint8Array | undefined;
  /** A complete segment by its name, where that is not its parts one after the other. */
  whole?(name: string): Uint8Array | undefined;
  /** What is sent for a part that was hinted at and did not come, where players that get an error for it do not recover. */
  unkept?(name: string): Uint8Array | undefined;
  /** The playlist as of the last change; with `skip`, as a delta update where it can be one. */
  playlist(skip: Skip): PlaylistBytes;
}

/** What the playlists of others say about it (EXT-X-RENDITION-REPORT). */
export interface Reporting {
  report(): Report;
}
