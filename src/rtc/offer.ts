import type { IceCredentials } from '#src/core/plane.ts';
import type { Direction } from './sdp-grammar.ts';

/** A certificate's hash as the SDP names it (RFC 8122 section 5). */
export interface Fingerprint {
  readonly algorithm: 'sha-256' | 'sha-384' | 'sha-512';
  /** Upper-case hex pairs with colons. */
  readonly value: string;
}

/** Words of a=setup that leave DTLS one client. */
export type OfferedSetup = 'actpass' | 'active' | 'passive';

/** A payload type as offered: rtpmap, fmtp and rtcp-fb of it. */
export interface OfferedCodec {
  readonly payloadType: number;
  /** Encoding name as the client spells it. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly fmtp: string;
  /** Values of a=rtcp-fb, e.g. `nack pli`. */
  readonly feedback: readonly string[];
}

/** A header extension as offered. */
export interface OfferedExtension {
  readonly id: number;
  readonly uri: string;
}

/** One m-section of an offer. */
export interface OfferedSection {
  /** Line of the SDP it begins at, for messages. */
  readonly line: number;
  readonly media: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** '' when there is none; then it is the only section. */
  readonly mid: string;
  /** Port 0 without a=bundle-only: the client itself switched it off (RFC 9143 section 6). */
  readonly disabled: boolean;
  readonly direction: Direction;
  /** In the order of the m= line. */
  readonly codecs: readonly OfferedCodec[];
  readonly extensions: readonly OfferedExtension[];
  /** Rids of a=simulcast:send in its order; empty without simulcast. */
  readonly rids: readonly string[];
  /** SSRCs of media; those of retransmission and FEC come last. */
  readonly ssrcs: readonly number[];
  readonly rtcpRsize: boolean;
  /** Its i= line; '' when there is none. A stranger's text. */
  readonly title: string;
  /** Values of a=lang, or of the session's where it has none; as they came. */
  readonly languages: readonly string[];
}

/** An offer that the reader accepted: one transport, one certificate, well-formed sections. */
export interface Offer {
  readonly ice: IceCredentials;
  readonly fingerprints: readonly Fingerprint[];
  /** The other side's a=setup (RFC 8842 section 5). It is the DTLS client unless it says `passive`. */
  readonly setup: OfferedSetup;
  /** Whether there is an a=group:BUNDLE to answer. */
  readonly bundled: boolean;
  readonly extmapAllowMixed: boolean;
  readonly sections: readonly OfferedSection[];
}
