import type { AccessUnit } from './depacketise/unit.ts';

/** A unit and its place on the timeline of its epoch. */
export interface PlacedUnit {
  readonly unit: AccessUnit;
  readonly timeMs: number;
}

/** A picture and its two times on the timeline of its epoch. */
export interface TimedPicture {
  readonly unit: AccessUnit;
  readonly decodeMs: number;
  readonly presentMs: number;
}

/** Finds both times of pictures that come in decoding order with one time each. Pictures leave in decoding order. */
export interface PictureTimer {
  /** Takes the next picture in decoding order and gives those whose times are known now. */
  push(unit: AccessUnit, timeMs: number): readonly TimedPicture[];
  /** No picture follows: gives those that still wait. */
  flush(): readonly TimedPicture[];
}

/** What timestamps say: when a picture is decoded (OBS), or when it is shown (RFC 6184 section 5.1, FFmpeg). */
export type Stamping = 'decode' | 'presentation';

/** Decoding times of a track must rise; closer ones would be the same tick. */
export const minStepMs = 0.01;
