import type { Codec } from './media.ts';

/** The two ways to watch. */
export type Tier = 'interactive' | 'broadcast';
export type TierReason =
  | 'requested' // the viewer asked for this tier
  | 'default' // nothing spoke against the front row
  | 'no-webrtc' // the viewer cannot do WebRTC
  | 'no-common-codec' // the viewer cannot decode what the publisher sends
  | 'b-frames' // browsers cannot play what the publisher sends over WebRTC, see docs/doctor.md
  | 'interactive-full' // the stream's or the node's front row is full
  | 'not-granted' // the viewer's token opens this tier only
  | 'broadcast-unavailable'; // there is no HLS now (no FFmpeg, or not yet a segment)

/** Everything the policy may look at. */
export interface TierFacts {
  readonly viewer: {
    readonly webrtc: boolean;
    readonly wants: Tier | undefined;
    /** What the viewer says it decodes over WebRTC; undefined when it did not say. */
    readonly codecs: readonly string[] | undefined;
    /** The only tier that its token opens; undefined for both. */
    readonly granted?: Tier | undefined;
  };
  readonly stream: {
    readonly codecs: readonly Codec[];
    readonly interactiveViewers: number;
    readonly broadcastReady: boolean;
    /** Pictures are decoded in another order than they are shown. */
    readonly bFrames: boolean;
  };
  readonly node: { readonly interactiveViewers: number };
}
export interface TierRules {
  /** Viewers one stream may have on WebRTC. */
  readonly interactiveLimitPerStream: number;
  /** Viewers this node may have on WebRTC. */
  readonly interactiveLimit: number;
  /** Viewers may watch streams with B-frames on WebRTC. */
  readonly allowBFrames: boolean;
}
export interface TierDecision {
  readonly tier: Tier;
  readonly reason: TierReason;
}
