/** Keyframes of one stream of which small pictures are wanted. */
export interface PictureWish {
  /** The init segment that they need. */
  readonly init: Uint8Array;
  /** Of each a fragment (moof, mdat) up to the end of its first sample, which is the keyframe. Nobody may write into them. */
  readonly keyframes: readonly Uint8Array[];
  /** Of the video. */
  readonly width: number;
  readonly height: number;
}

/** Small pictures in one image (JPEG), side by side in the order of the keyframes. */
export interface PictureRow {
  readonly jpeg: Uint8Array;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Makes small pictures when the machine has time for it. */
export interface PictureDesk {
  /** Undefined when there is no time now: whoever asks may ask again later. Rejects when the pictures cannot be made. */
  draw(wish: PictureWish, signal: AbortSignal): Promise<PictureRow | undefined>;
}
