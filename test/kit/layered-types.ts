import type { RigVideoCodec } from './rig-types.ts';

/** One simulcast layer that a page sends. */
export interface LayerOptions {
  readonly rid: string;
  readonly scaleDownBy: number;
  readonly maxBitrateBps: number;
  /** Layers inside it, by their name in WebRTC-SVC, e.g. L3T3; the browser's default otherwise. */
  readonly scalabilityMode?: string;
}

/** What a page publishes: one picture in several sizes, or (without layers) one picture. */
export interface LayeredOptions {
  readonly whipUrl: string;
  readonly codec: RigVideoCodec;
  readonly width: number;
  readonly height: number;
  readonly audio: boolean;
  /** 30 unless told. */
  readonly frameRateHz?: number;
  readonly maxBitrateBps: number;
  readonly layers: readonly LayerOptions[];
  /** Layers inside the one picture, where `layers` is empty. */
  readonly scalabilityMode?: string;
}

/** What the browser sent on one SSRC of its picture. */
export interface SentLayer {
  readonly rid: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  readonly width: number;
  /** As the browser tells it; '' when it does not. */
  readonly scalabilityMode: string;
  readonly bytes: number;
  readonly packets: number;
  readonly retransmitted: number;
  readonly nacks: number;
  readonly keyframeRequests: number;
}

/** What the browser says of the way to the gateway. */
export interface LayeredReport {
  readonly connection: string;
  /** Its estimate of the bandwidth, by our feedback. */
  readonly availableBps: number;
  readonly layers: readonly SentLayer[];
}

/** The functions of the page's module, reached from a test through `layered-publisher.ts`. */
export interface LayeredApi {
  /** Publishes and gives the answer's SDP. */
  publish(options: LayeredOptions): Promise<string>;
  report(): Promise<LayeredReport>;
  /** Ends the session; gives the status of DELETE. */
  stop(): Promise<number>;
}
