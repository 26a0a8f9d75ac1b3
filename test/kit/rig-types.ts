/** Codecs that Chromium can encode. */
export type RigVideoCodec = 'h264' | 'vp8' | 'vp9' | 'av1';

/** The picture and sound that a page makes up. */
export interface SourceOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRateHz: number;
  readonly video: boolean;
  readonly audio: boolean;
  /** Pitch of the tone, so that a listener can tell publishers apart. */
  readonly toneHz: number;
  /** Further tones, each in an audio track of its own. */
  readonly moreTonesHz?: readonly number[];
}

/** How a page sends what it makes up. */
export interface SendOptions extends SourceOptions {
  readonly codec: RigVideoCodec;
  readonly maxBitrateBps: number;
}

/** Whether an offer waits for its own candidates; the gateway needs none. */
export type Gathering = 'none' | 'complete';

/** What a publishing page says about itself. */
export interface SendReport {
  readonly connection: string;
  readonly framesMade: number;
  readonly framesEncoded: number;
  readonly codec: string;
  readonly bitrateBps: number;
  /** The browser's own estimate of the way to the server; its pacer spreads frames by it. */
  readonly availableBps: number;
  /** Mean time that a packet waited in the browser's pacer. */
  readonly pacerDelayMs: number;
  readonly width: number;
  readonly keyframeRequests: number;
  readonly nacks: number;
}

/** Milliseconds; all 0 when there is no sample. */
export interface Distribution {
  readonly count: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a watching page saw since the last reset. */
export interface WatchReport {
  /** From the start of watching to the first readable picture on the screen; undefined until then. */
  readonly joinMs: number | undefined;
  readonly width: number;
  readonly height: number;
  /** Frames shown, whatever they carry. */
  readonly framesShown: number;
  /** Frames with an intact barcode, and those whose barcode could not be read. */
  readonly framesRead: number;
  readonly framesUnreadable: number;
  /** Drawn in the publisher until shown here (requestVideoFrameCallback). */
  readonly glass: Distribution;
  /** Drawn in the publisher until its last packet came: encoder, pacer, gateway and network; WebRTC only. */
  readonly received: Distribution;
  /** Drawn in the publisher until out of the jitter buffer and decoder; WebRTC only. */
  readonly decoded: Distribution;
  /** Longest time in which no new frame was shown, up to now. */
  readonly longestGapMs: number;
  /** Most frames that were left out between two shown ones. */
  readonly largestStep: number;
  /** Frames that came after one that was made later. */
  readonly framesBack: number;
  readonly audio: AudioReport;
  readonly rtc: RtcReport | undefined;
  readonly hls: HlsReport | undefined;
}

/** What a watching page heard. */
export interface AudioReport {
  /** Root mean square of the last 43 ms, 0 to 1. */
  readonly level: number;
  /** Loudest frequency. */
  readonly peakHz: number;
  /** Share of the samplings (ten a second) that were not silent. */
  readonly audibleShare: number;
  /** State of the listening AudioContext: one that does not run hears silence, whatever is played. */
  readonly listener: string;
}

/** From RTCPeerConnection.getStats of a watching page; totals since it began. */
export interface RtcReport {
  readonly connection: string;
  /** Protocol of the selected candidate pair: udp or tcp; '' before there is one. */
  readonly transport: string;
  readonly offer: string;
  readonly videoCodec: string;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly keyframesDecoded: number;
  readonly freezes: number;
  readonly frozenMs: number;
  readonly videoPacketsLost: number;
  readonly audioPacketsLost: number;
  readonly nacks: number;
  readonly jitterBufferMs: number;
  readonly audioEnergy: number;
  readonly audioSecondsReceived: number;
  readonly concealedShare: number;
}

/** What the product's LL-HLS playback says about itself. */
export interface HlsReport {
  /** Its own estimate, from PROGRAM-DATE-TIME. */
  readonly latencyMs: number;
  readonly playbackRate: number;
  readonly bufferMs: number;
  readonly stalls: number;
  /** Why it ended by itself; '' while it plays. */
  readonly ending: string;
  /** Of the rendition that plays, as the multivariant playlist names it; '' while nothing does. */
  readonly audioCodec: string;
  readonly facts: readonly string[];
}

/** The functions of a rig page, reached from a test through {@link RigPage}. */
export interface RigApi {
  publish(
    options: SendOptions & { readonly whipUrl: string; readonly gathering: Gathering },
  ): Promise<string>;
  unpublish(): Promise<number>;
  makeKeyframe(): Promise<void>;
  sendReport(): Promise<SendReport>;
  watchWhep(options: { readonly whepUrl: string; readonly gathering: Gathering }): Promise<string>;
  watchHls(options: { readonly hlsUrl: string }): Promise<void>;
  /** Chooses a quality as the player's menu does: level:0 is the lowest. */
  chooseHls(quality: string): Promise<void>;
  offerDirect(options: SendOptions): Promise<string>;
  answerDirect(offer: string): Promise<string>;
  acceptDirect(answer: string): Promise<void>;
  /** Restarts ICE of the WHEP session; gives the status of PATCH. */
  restartIce(): Promise<number>;
  /** Forgets samples and gaps (not the join), so that a settled stretch can be measured alone. */
  resetWatch(): Promise<void>;
  watchReport(): Promise<WatchReport>;
  stopWatch(): Promise<void>;
}
