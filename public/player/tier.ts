import type { Tier } from '../shared/api-types.ts';
import type { PlaybackNews } from './playback-news.ts';

/** Why a tier's playback ended by itself. */
export interface TierEnd {
  /** `over`: the stream ended properly. `lost`: the connection or the playback broke. */
  readonly why: 'over' | 'lost';
  /** A sentence for people. */
  readonly detail: string;
}

/** How far behind a tier plays, as well as it can be known. */
export interface LatencyEstimate {
  /** From the gateway to this screen. */
  readonly ms: number;
  /** What it was computed from, for people. */
  readonly how: string;
}

/** What a tier's playback counts, for the stats panel. Undefined is unknown. */
export interface TierStats {
  readonly tier: Tier;
  readonly latency: LatencyEstimate | undefined;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
  readonly bitrateBps: number | undefined;
  readonly videoCodec: string | undefined;
  readonly audioCodec: string | undefined;
  readonly framesDropped: number | undefined;
  /** Times the picture stood still. */
  readonly stalls: number;
  /** Media that is ready to play. */
  readonly bufferMs: number | undefined;
  /** More facts that only this tier knows, as label and words. */
  readonly more: readonly (readonly [label: string, value: string])[];
}

/** One running playback of one tier in one video element. */
export interface TierPlayback {
  readonly tier: Tier;
  /** Resolves when it ends by itself. */
  readonly ended: Promise<TierEnd>;
  /** What it hears about the stream and about itself. */
  readonly news: PlaybackNews;
  /** Counts up as long as media really plays; compare two readings. */
  progress(): number;
  stats(): Promise<TierStats>;
  /** Takes one of the options of `news.state.quality`; rejects when the gateway refuses. */
  choose(id: string): Promise<void>;
  /** Takes one of the options of `news.state.captions`; absent where there never are any. */
  chooseCaptions?(id: string): void;
  /** Takes one of the options of `news.state.sounds`; absent where there never are any. */
  chooseSound?(id: string): void;
  close(): Promise<void>;
}

/** The other tier. */
export function otherTier(tier: Tier): Tier {
  return tier === 'interactive' ? 'broadcast' : 'interactive';
}
