import type { PeerId, PublicationId } from './ids.ts';
import type { Living } from './lifetime.ts';
import type {
  Layer,
  LayerTapPacket,
  PayloadType,
  SoundIndex,
  SoundTapPacket,
  TapPacket,
  TrackKind,
  VideoWish,
} from './media.ts';
import type { PlaneReport } from './plane-report.ts';

/** Header extensions Frontrow knows, by their short name; rtp/extensions.ts holds the URIs. */
export type ExtensionName =
  | 'mid'
  | 'rid'
  | 'repaired-rid'
  | 'abs-send-time'
  | 'transport-cc'
  | 'abs-capture-time'
  | 'audio-level'
  | 'video-orientation'
  | 'playout-delay'
  | 'color-space'
  | 'video-layers-allocation'
  | 'dependency-descriptor';
/** Extension ids (1 to 14, or 1 to 255 with two-byte headers) as negotiated for one m-section. */
export type ExtensionIds = Readonly<Partial<Record<ExtensionName, number>>>;

export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

export type SrtpProfile = 'aead-aes-128-gcm' | 'aes-128-cm-hmac-sha1-80';
/** Master keys as DTLS-SRTP exports them (RFC 5764 section 4.2); local protects, remote unprotects. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly localKey: Uint8Array;
  readonly localSalt: Uint8Array;
  readonly remoteKey: Uint8Array;
  readonly remoteSalt: Uint8Array;
}

export type Feedback = 'nack' | 'pli' | 'fir' | 'transport-cc' | 'remb';

/** One m-section that a publisher sends. */
export interface IncomingTrack {
  readonly kind: TrackKind;
  readonly mid: string;
  /** Which of the publisher's audio tracks; absent for the first, and for video. The others are never forwarded to viewers. */
  readonly sound?: SoundIndex;
  /** Preference order; the first is what the answer put first. */
  readonly payloads: readonly PayloadType[];
  /** SSRCs named in the offer; may be empty (then demultiplexed by mid, rid or payload type). */
  readonly ssrcs: readonly number[];
  /** Simulcast rids in the offer's order; [''] without simulcast. */
  readonly rids: readonly string[];
  readonly extensions: ExtensionIds;
  readonly feedback: readonly Feedback[];
}

/** One m-section that a viewer receives. SSRCs are ours, fixed for the session. */
export interface OutgoingTrack {
  readonly kind: TrackKind;
  readonly mid: string;
  readonly ssrc: number;
  /** Present when RTX was negotiated. */
  readonly rtxSsrc?: number;
  readonly cname: string;
  /** All codecs that this viewer accepts: the publisher may come back with another one. */
  readonly payloads: readonly PayloadType[];
  readonly extensions: ExtensionIds;
  readonly feedback: readonly Feedback[];
}

/** Control plane to media plane. Commands are applied in order; a command for an unknown peer or publication is ignored. */
export type PlaneCommand =
  | { readonly type: 'open-publication'; readonly publication: PublicationId }
  | { readonly type: 'close-publication'; readonly publication: PublicationId }
  /** Registers a transport: from here on, its ICE checks are answered. It is gone when nothing authentic came for 10 s. */
  | {
      readonly type: 'add-peer';
      readonly peer: PeerId;
      readonly local: IceCredentials;
      readonly remote: IceCredentials;
    }
  /** New credentials; the old ones are answered until a check with the new ones came. */
  | {
      readonly type: 'restart-ice';
      readonly peer: PeerId;
      readonly local: IceCredentials;
      readonly remote: IceCredentials;
    }
  | { readonly type: 'dtls-out'; readonly peer: PeerId; readonly datagram: Uint8Array }
  | { readonly type: 'secure'; readonly peer: PeerId; readonly keys: SrtpKeys }
  /** The peer publishes; a peer that published before is put aside (takeover), the viewers stay. */
  | {
      readonly type: 'publish';
      readonly peer: PeerId;
      readonly publication: PublicationId;
      readonly tracks: readonly IncomingTrack[];
    }
  | {
      readonly type: 'view';
      readonly peer: PeerId;
      readonly publication: PublicationId;
      readonly tracks: readonly OutgoingTrack[];
    }
  /** What the viewer wants of the video from now on; replaces what it wanted before. When nothing fits, the smallest is given. */
  | { readonly type: 'wish'; readonly peer: PeerId; readonly video: VideoWish }
  /** Starts or stops the copy of the publication's packets to the control plane: a viewer that never leaves. */
  | { readonly type: 'tap'; readonly publication: PublicationId; readonly on: boolean }
  /** The same for each simulcast layer of the video on its own, all of them at once, beside what `tap` copies. */
  | { readonly type: 'tap-layers'; readonly publication: PublicationId; readonly on: boolean }
  /** The same for each audio track beside the first. */
  | { readonly type: 'tap-sounds'; readonly publication: PublicationId; readonly on: boolean }
  /** Merged with the viewers' own requests; sent at most twice a second. `everyLayer`: not only of the one that is tapped. */
  | {
      readonly type: 'request-keyframe';
      readonly publication: PublicationId;
      readonly everyLayer?: boolean;
    }
  | { readonly type: 'remove-peer'; readonly peer: PeerId };

/** Media plane to control plane. */
export type PlaneEvent =
  /** First authenticated ICE check. */
  | { readonly type: 'ice-connected'; readonly peer: PeerId; readonly address: string }
  /** A DTLS datagram from the peer's verified address. */
  | { readonly type: 'dtls-in'; readonly peer: PeerId; readonly datagram: Uint8Array }
  /** Nothing authentic from it for 10 s, or no check at all within 10 s of add-peer. The plane has removed it. */
  | { readonly type: 'peer-gone'; readonly peer: PeerId; readonly reason: 'silent' | 'never-came' }
  /** The publisher's first media packet came, or came again after a pause of 2 s and more. */
  | { readonly type: 'media-flows'; readonly publication: PublicationId; readonly flowing: boolean }
  | { readonly type: 'tap'; readonly publication: PublicationId; readonly packets: readonly TapPacket[] }
  /** A sender report of the publisher, mapped onto the tap's timeline: this RTP timestamp was captured at this NTP time. */
  | {
      readonly type: 'tap-clock';
      readonly publication: PublicationId;
      readonly kind: TrackKind;
      readonly timestamp: number;
      readonly ntpMs: number;
    }
  | {
      readonly type: 'tap-layers';
      readonly publication: PublicationId;
      readonly packets: readonly LayerTapPacket[];
    }
  | {
      readonly type: 'tap-sounds';
      readonly publication: PublicationId;
      readonly packets: readonly SoundTapPacket[];
    }
  /** The same as `tap-clock` for a layer of its own. */
  | {
      readonly type: 'tap-layer-clock';
      readonly publication: PublicationId;
      readonly layer: Layer;
      readonly timestamp: number;
      readonly ntpMs: number;
    }
  /** The same for an audio track beside the first. */
  | {
      readonly type: 'tap-sound-clock';
      readonly publication: PublicationId;
      readonly sound: SoundIndex;
      readonly timestamp: number;
      readonly ntpMs: number;
    }
  | { readonly type: 'report'; readonly report: PlaneReport };

/** The media plane as the control plane sees it; worker threads behind it, or inline in tests. */
export interface MediaPlane extends Living {
  /** The UDP port really bound: with several workers, that of the first. */
  readonly port: number;
  /** The UDP ports of all workers. */
  readonly ports: readonly number[];
  /** The TCP port on which all workers are reached as well; absent when there is none. */
  readonly tcpPort?: number | undefined;
  readonly engine: 'typescript' | 'native';
  /**
   * Says which UDP port a peer will find the plane on, before `add-peer`; from here on, its commands go to the worker that
   * has this port. A peer that was placed and is not wanted after all is removed like any other.
   */
  place(peer: PeerId, publication: PublicationId, role: 'publisher' | 'viewer'): number;
  send(command: PlaneCommand): void;
  /** Hears every event; dispose to stop hearing. */
  listen(listener: (event: PlaneEvent) => void): Disposable;
}
