/** A part that can be fetched. */
export interface Part {
  readonly name: string;
  readonly listedMs: number;
  readonly independent: boolean;
  /** Holds no media and cannot be fetched (GAP=YES): the picture in front of it stays. */
  readonly gap?: boolean;
  readonly bytes: Uint8Array;
  /** Up to the end of its first sample; undefined where nobody asks for that alone. */
  readonly firstSampleBytes?: number;
}

/** A segment: its parts, and what its tags say once it is complete. */
export interface Segment {
  readonly msn: number;
  readonly name: string;
  /** Which life of the encoder it comes from; a change is a discontinuity. */
  readonly run: number;
  /** EXT-X-DISCONTINUITY stands in front of it. */
  readonly discontinuity: boolean;
  readonly mapName: string;
  readonly startWallMs: number;
  readonly startMs: number;
  readonly independent: boolean;
  /** Holds no media and cannot be fetched (EXT-X-GAP). */
  readonly gap: boolean;
  readonly parts: readonly Part[];
  readonly durationMs: number;
  readonly complete: boolean;
  /** Up to the end of its first sample. */
  readonly iFrameBytes?: number;
}

/** What a segment begins with. */
export type SegmentStart = Pick<
  Segment,
  'name' | 'run' | 'discontinuity' | 'mapName' | 'startWallMs' | 'startMs' | 'independent' | 'gap'
>;
