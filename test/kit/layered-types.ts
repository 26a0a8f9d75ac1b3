import type { RigVideoCodec } from './rig-types.ts';

/** One simulcast layer that a page sends. */
export interface LayerOptions {
  readonly rid: string;
  readonly scaleDownBy: number;
  readonly maxBitrateBps: number;
}

/** What a page publishes: one picture in several sizes, or (without layers) one picture. */
export interface LayeredOptions {
  readonly whipUrl: string;
  readonly codec: RigVideoCodec;
  readonly width: number;
  readonly height: number;
  readonly audio: boolean;
  readonly maxBitrateBps: number;
  readonly layers: readonly LayerOptions[];
}

/** What the browser sent on one SSRC of its picture. */
export interface SentLayer {
  readonly rid: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  readonly width: number;
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
