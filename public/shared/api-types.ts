/**
 * What the gateway's JSON looks like. The shapes are those of src/core, taken over as types alone (they are gone before a
 * browser sees this file); here stands only what the HTTP side adds to them.
 */
import type { NodeStatus, StreamStatus } from '../../src/core/status.ts';
import type { TierDecision } from '../../src/core/tier.ts';

export type { RenditionReport } from '../../src/core/cmaf.ts';
export type { Finding } from '../../src/core/finding.ts';
export type { VideoCodec, VideoWish } from '../../src/core/media.ts';
export type { LayerReport, RungReport, TrackReport, WorkerReport } from '../../src/core/plane-report.ts';
export type { ViewerStatus } from '../../src/core/status.ts';
export type { Tier, TierReason } from '../../src/core/tier.ts';

/** One stream as GET /api/streams/:stream tells it. */
export interface StreamView extends StreamStatus {
  readonly urls: {
    readonly whip: string;
    readonly whep: string;
    readonly hls: string;
    readonly watch: string;
    readonly publish: string;
  };
}

/** The gateway itself. */
export interface NodeView extends NodeStatus {
  /** The WHIP address with `:stream` where the name goes. */
  readonly publishUrl: string;
}

/** What GET /api/events sends once a second. */
export interface Snapshot {
  readonly node: NodeView;
  readonly streams: readonly StreamView[];
}

/** A permission to watch LL-HLS that is part of a URL, for players that can show no token. */
export interface BroadcastPassView {
  /** Address of the multivariant playlist with the pass in it. */
  readonly url: string;
  /** When it ends, ISO 8601. */
  readonly expiresAt: string;
}

/** What GET /join/:stream answers. */
export interface JoinView extends TierDecision {
  readonly stream: string;
  /** Media arrives now. */
  readonly live: boolean;
  readonly whep: string;
  readonly hls: string;
  /** Where LL-HLS asks for a permission, and this viewer has it. */
  readonly hlsPass?: BroadcastPassView;
}
