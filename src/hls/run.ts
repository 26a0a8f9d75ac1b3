/** One life of the encoder within a stream. */
export interface Run {
  /** Counts from 1; every rendition of the stream agrees on it. */
  readonly number: number;
  readonly startedWallMs: number;
  readonly baseMediaTimeMs: number;
}
