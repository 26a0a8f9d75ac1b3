/** One simulcast layer as the gateway receives it; rates are of the last second, the rest counts from the start. */
export interface LayerView {
  readonly layer: number;
  readonly rid: string;
  readonly packets: number;
  readonly bytes: number;
  readonly bitrateBps: number;
  readonly frameRate: number;
  readonly width: number;
  readonly height: number;
  readonly keyframes: number;
  readonly lost: number;
  readonly repaired: number;
  readonly nacksSent: number;
  readonly keyframeRequestsSent: number;
  readonly jitterMs: number;
}

/** One track of a stream. */
export interface TrackView {
  readonly kind: 'audio' | 'video';
  readonly codec: string;
  readonly layers: readonly LayerView[];
}

/** Who publishes a stream. */
export interface PublisherView {
  readonly session: string;
  readonly codecs: readonly string[];
  readonly address: string;
  readonly userAgent: string;
  readonly silentMs: number;
  readonly rttMs: number;
}

/** One WebRTC viewer. */
export interface InteractivePeerView {
  readonly session: string;
  readonly address: string;
  readonly userAgent: string;
  /** ISO date, or ms since 1970. */
  readonly joinedAt: string | number;
  readonly rttMs: number;
  readonly lossRatio: number;
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly retransmitted: number;
  readonly nacksReceived: number;
}

/** FFmpeg's state for one stream. */
export interface BridgeView {
  readonly state: 'waiting' | 'running' | 'restarting' | 'failed';
  readonly video: 'passthrough' | 'transcode' | 'none';
  readonly audio: 'transcode' | 'none';
  readonly epoch: number;
  readonly restarts: number;
  readonly pid?: number | null;
  readonly framesIn: number;
  readonly framesDropped: number;
  readonly cpuCores: number;
  readonly problem?: string | null;
}

/** One HLS rendition. */
export interface RenditionView {
  readonly rendition: string;
  readonly kind: 'audio' | 'video';
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
  readonly segment: number;
  readonly parts: number;
  readonly partTargetMs: number;
  readonly segmentTargetMs: number;
}

/** The HLS origin of one stream. */
export interface HlsView {
  readonly ready: boolean;
  readonly renditions: readonly RenditionView[];
  readonly viewers: number;
  readonly requests: number;
  readonly bytesOut: number;
}

/** One stream as GET /api/streams/:id tells it. */
export interface StreamView {
  readonly id: string;
  readonly live: boolean;
  readonly startedAt: string | null;
  readonly publisher: PublisherView | null;
  readonly tracks: readonly TrackView[];
  readonly viewers: { readonly interactive: number; readonly broadcast: number };
  readonly interactivePeers: readonly InteractivePeerView[];
  readonly bridge: BridgeView | null;
  readonly hls: HlsView | null;
  readonly urls: {
    readonly whip: string;
    readonly whep: string;
    readonly hls: string;
    readonly watch: string;
    readonly publish: string;
  };
}

/** The gateway itself. */
export interface NodeView {
  readonly version: string;
  readonly uptimeMs: number;
  readonly engine: string;
  readonly rtcPort: number;
  readonly addresses: readonly string[];
  readonly mediaLoopDelayMs: number;
  readonly controlLoopDelayMs: number;
  readonly cpuCores: number;
  readonly rssBytes: number;
  readonly counters: {
    readonly datagramsIn: number;
    readonly datagramsOut: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly sendErrors: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly ffmpeg: {
    readonly available: boolean;
    readonly version?: string | null;
    readonly problem?: string | null;
  };
  readonly publishUrl: string;
  readonly limits: Readonly<Record<string, unknown>>;
}

/** What GET /api/events sends once a second. */
export interface Snapshot {
  readonly node: NodeView;
  readonly streams: readonly StreamView[];
}

/** What GET /join/:stream answers. */
export interface JoinView {
  readonly stream: string;
  readonly live: boolean;
  readonly tier: 'interactive' | 'broadcast';
  readonly reason: string;
  readonly whep: string | null;
  readonly hls: string | null;
}
