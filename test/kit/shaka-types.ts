import type { AudioReport, Distribution } from './rig-types.ts';

/** What a page with Shaka Player saw since the last reset. */
export interface ShakaReport {
  readonly width: number;
  readonly height: number;
  readonly framesShown: number;
  readonly framesRead: number;
  /** Drawn in the publisher until shown here. */
  readonly glass: Distribution;
  readonly longestGapMs: number;
  readonly audio: AudioReport;
  /** Qualities to choose from. */
  readonly variants: number;
  readonly bufferMs: number;
  /** Errors that the player told of; those marked critical end it. */
  readonly errors: readonly string[];
  readonly live: boolean;
  readonly ended: boolean;
}

/** The functions of a Shaka page. */
export interface ShakaApi {
  watch(options: { readonly url: string; readonly lowLatency: boolean }): Promise<void>;
  resetWatch(): Promise<void>;
  report(): Promise<ShakaReport>;
}
