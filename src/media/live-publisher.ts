import type { PeerId } from '#src/core/ids.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import type { Source } from '#src/sfu/source.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { MediaPacket } from './media-packet.ts';
import type { KeyframeHearing } from './start-up/desk.ts';

/** Who publishes, as its publication sees it: a peer of this worker, or the image of one in another worker. */
export interface LivePublisher {
  readonly kind: 'publisher';
  readonly peer: PeerId;
  readonly tracks: readonly IncomingTrack[];
  readonly layers: readonly IncomingLayer[];
  /** A keyframe of this layer is wanted; merged with other wishes. */
  wantKeyframe(layer: IncomingLayer): void;
  /** Nobody gets this layer any more: an unanswered request for it is not repeated. */
  forgetKeyframe(layer: IncomingLayer): void;
  /** Whether asking for a keyframe helps, and how long the answer takes; absent where nobody can tell. */
  readonly keyframeHearing?: KeyframeHearing | undefined;
  /** Sends what is due now. */
  tick(nowMs: number): void;
  /** Another publisher took over. */
  putAside(): void;
  /** The layer that a source stands for. */
  layerOf(source: Source): IncomingLayer | undefined;
  close(): void;
}

/** Hears what a publication gets, for the workers that have some of its viewers. */
export interface PublicationEcho {
  /** There is another publisher, another layer, or nobody publishes any more. */
  changed(publisher: LivePublisher | undefined): void;
  packet(packet: MediaPacket): void;
  /** A sender report of this layer was taken in. */
  reported(layer: IncomingLayer): void;
  /** Every few milliseconds: hands the others' wishes on. */
  tick(publisher: LivePublisher | undefined): void;
}
