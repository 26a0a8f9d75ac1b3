export type TrackKind = 'audio' | 'video';
export type VideoCodec = 'h264' | 'h265' | 'vp8' | 'vp9' | 'av1';
export type AudioCodec = 'opus';
export type Codec = VideoCodec | AudioCodec;

/** A simulcast layer of a publisher's video: an index into its rids in the order of its offer, 0 when there is no simulcast. */
export type Layer = number;

/** One of a publisher's audio tracks, in the order of its offer; 0 is the one that the front row hears. */
export type SoundIndex = number;

/** A codec as one side of a session named it in SDP. */
export interface PayloadType {
  readonly payloadType: number;
  readonly codec: Codec;
  readonly clockRateHz: number;
  /** Format parameters as in a=fmtp, e.g. `profile-level-id=42e01f;packetization-mode=1`; '' when there are none. */
  readonly fmtp: string;
  /** Payload type of the retransmission format (RFC 4588) tied to this one by apt=. */
  readonly rtxPayloadType?: number;
}

/** What is said of one of a publisher's audio tracks; '' where nothing is. */
export interface SoundLabel {
  /** For people: its i= line (RFC 8866 section 5.4). Without control characters and double quotes. */
  readonly name: string;
  /** Canonical language tag (BCP 47): its a=lang (section 6.12). */
  readonly language: string;
}

/**
 * What a stream carries of one kind. The front row gets at most one audio and one video track, so the kind names it; further
 * audio tracks go to LL-HLS alone and are told in {@link sounds}.
 */
export interface Track {
  readonly kind: TrackKind;
  readonly codec: Codec;
  readonly clockRateHz: number;
  readonly fmtp: string;
  /** Simulcast rids as offered; [''] without simulcast. */
  readonly rids: readonly string[];
  /** Of audio: all audio tracks of the publisher, this one first. Absent where there is only this one and nothing is said of it. */
  readonly sounds?: readonly SoundLabel[];
}

/** A decrypted RTP packet that left the forwarder for an in-process reader (bridge, recorder). */
export interface TapPacket {
  readonly kind: TrackKind;
  readonly codec: Codec;
  /** Extended, continuous over layer switches and publisher takeovers; a hole is a real loss. */
  readonly sequence: number;
  /** 32-bit RTP timestamp on one timeline over layer switches and takeovers. */
  readonly timestamp: number;
  readonly marker: boolean;
  readonly keyframe: boolean;
  readonly payload: Uint8Array;
  /** Clock.nowMs of its arrival at the socket. */
  readonly arrivedMs: number;
}

/**
 * A packet of one simulcast layer, whoever else gets it. Sequence and timestamp are the layer's own, continuous over takeovers;
 * nothing ties them to those of another layer.
 */
export interface LayerTapPacket extends TapPacket {
  readonly layer: Layer;
}

/** The same of an audio track beside the first. */
export interface SoundTapPacket extends TapPacket {
  readonly sound: SoundIndex;
}

/**
 * What a viewer wants of the video. `off` is none at all; every other field narrows what the automatic choice may take, and an
 * empty wish leaves all of it to the automatic choice.
 */
export interface VideoWish {
  readonly off?: boolean;
  /** Simulcast layer by its rid. */
  readonly rid?: string;
  /** Exactly this layer inside the stream. */
  readonly spatialLayer?: number;
  readonly temporalLayer?: number;
  readonly maxSpatialLayer?: number;
  readonly maxTemporalLayer?: number;
  /** Pixels; layers whose size is not known yet are allowed. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** By rank among the sizes that the rest of the wish leaves, for those who do not know what there is. */
  readonly picture?: 'smallest' | 'middle' | 'largest';
}
