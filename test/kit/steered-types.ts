/** What the page with a plain hls.js can do. */
export interface SteeredApi {
  /** Plays a multivariant playlist; resolves when it plays. */
  watch(url: string): Promise<void>;
  report(): Promise<SteeredReport>;
  /** Width of the picture that it shows for who seeks to the beginning; rejects when there is none. */
  pictureWidth(): Promise<number>;
}

/** How its playback is. */
export interface SteeredReport {
  /** Where its media comes from (RFC 8216bis section 7.1). */
  readonly pathway: string;
  readonly currentTimeS: number;
  /** What ended it; '' while it plays. */
  readonly ending: string;
}
