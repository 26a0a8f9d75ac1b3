/** A frame that was shown. */
export interface ShownFrame {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly width: number;
}

/** What the browser counted since it began to watch. */
export interface LayerStats {
  readonly connection: string;
  readonly freezes: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly retransmitted: number;
  readonly nacks: number;
  readonly keyframeRequests: number;
  readonly jitterBufferMs: number;
  readonly bytes: number;
  readonly audioPackets: number;
}

/** How a page watches. */
export interface LayerWatchOptions {
  /** Offers no transport-wide feedback, as receivers do that estimate by themselves. */
  readonly remb?: boolean;
}

/** Functions of a page that tells every frame that it showed. */
export interface LayerWatchApi {
  watch(whepUrl: string, options?: LayerWatchOptions): Promise<void>;
  /** Frames shown since the last call, and the counters so far. */
  take(): Promise<{ readonly frames: readonly ShownFrame[]; readonly stats: LayerStats }>;
  stop(): Promise<void>;
}
