import type { AudioReport } from './rig-types.ts';

/** Players that others wrote. */
export type PlayerName = 'hls.js' | 'shaka';

/** What one player did since it was last reset. */
export interface PlayerReport {
  /** Media that it played, without what it skipped. */
  readonly playedMs: number;
  /** When what it shows now was published, by the playlist's clock, in milliseconds since 1970; 0 while it does not know. */
  readonly showsMs: number;
  /** Pictures that it showed. */
  readonly pictures: number;
  readonly width: number;
  readonly height: number;
  readonly audio: AudioReport;
  /** How often it waited for media. */
  readonly stalls: number;
  /** All that it complained of since it was opened; what ended it comes first. */
  readonly fatal: readonly string[];
  readonly complaints: readonly string[];
}

/** The functions of the page with both players. */
export interface PlayersApi {
  /** Plays a multivariant playlist in both; resolves when both play. */
  watch(url: string): Promise<void>;
  reset(): Promise<void>;
  report(): Promise<Readonly<Record<PlayerName, PlayerReport>>>;
}
