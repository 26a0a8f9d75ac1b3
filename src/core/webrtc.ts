import type { PeerId, PublicationId } from './ids.ts';
import type { Living } from './lifetime.ts';
import type { Track, VideoWish } from './media.ts';

/** What PATCH with an SDP fragment did: nothing to say (trickle, 204), or an ICE restart with our new fragment (200). */
export type TrickleResult =
  { readonly did: 'trickle' } | { readonly did: 'restart'; readonly fragment: string; readonly etag: string };

/**
 * How If-Match of a PATCH is judged. `lenient`, because most clients break the rule: absent, `*` and the current tag are all
 * good, a stale tag is not. `strict` is RFC 9725 section 4.3: trickle names the current tag, a restart says `*`.
 */
export type IfMatchRule = 'lenient' | 'strict';

/** One negotiated transport. `closed` tells when the other side left, fell silent or failed. */
export interface Peer extends Living {
  readonly id: PeerId;
  /** SDP answer, CRLF lines, all our candidates inside. Where we offer: the offer. */
  readonly answer: string;
  /** Strong entity tag of the current ICE session, quotes included (RFC 9725 section 4.3.3). */
  readonly etag: string;
  /** Resolves when DTLS is up; rejects with Failure when it never comes. */
  readonly connected: Promise<void>;
  /**
   * Applies a trickle-ice-sdpfrag (RFC 8840). A changed ufrag is an ICE restart. Throws Failure: `bad-sdp-fragment`
   * (malformed), `stale-etag` (ifMatch names an older ICE session), `if-match-needed` (strict, and there is none). A failure
   * never ends the session.
   */
  trickle(fragment: string, ifMatch: string | undefined, rule?: IfMatchRule): TrickleResult;
}

export interface IngestPeer extends Peer {
  readonly tracks: readonly Track[];
}
/** A viewer. */
export interface EgressPeer extends Peer {
  /** Limits what it gets of the video; replaces the wish before. */
  wish(video: VideoWish): void;
}
/** A viewer that we made an offer to: `answer` is that offer, and nothing flows before the viewer's answer came. */
export interface OfferedPeer extends EgressPeer {
  /** Takes the viewer's SDP answer. Throws Failure; the session then stays and may be answered again. */
  accept(answer: string): void;
}

/** What a viewer is to be shown. */
export interface EgressRequest {
  readonly publication: PublicationId;
  /** What the stream carries now. */
  readonly tracks: readonly Track[];
}

/** The door that rtc/ implements: SDP offer in, transport in the media plane, SDP answer out. */
export interface PeerGateway {
  /** A publisher: offers sendonly or sendrecv. Throws Failure for every offer it refuses. */
  ingest(offer: string, publication: PublicationId, signal: AbortSignal): Promise<IngestPeer>;
  /** A viewer of a stream that carries `tracks` now. Throws Failure `no-common-codec` when it could show nothing. */
  egress(offer: string, request: EgressRequest, signal: AbortSignal): Promise<EgressPeer>;
  /** A viewer that wants us to offer (draft-murillo-whep-01 section 4.2); whoever asked ends it when it is never answered. */
  offer(request: EgressRequest, signal: AbortSignal): Promise<OfferedPeer>;
}
