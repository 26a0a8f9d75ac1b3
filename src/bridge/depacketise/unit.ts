import type { Codec, TrackKind } from '#src/core/media.ts';

/** What a decoder must know before the first frame. */
export interface CodecConfig {
  readonly codec: Codec;
  /** Display size in pixels; 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** The Matroska CodecPrivate: avcC, hvcC, av1C, OpusHead; empty for VP8 and VP9. */
  readonly codecPrivate: Uint8Array;
  /** How many pictures a decoder must hold back to show them in order, where the stream declares it. */
  readonly reorderFrames?: number;
}

/** Whether two configurations describe the same bitstream, so that one decoder can go on. */
export function sameConfig(a: CodecConfig, b: CodecConfig): boolean {
  return (
    a.codec === b.codec &&
    a.width === b.width &&
    a.height === b.height &&
    a.codecPrivate.length === b.codecPrivate.length &&
    a.codecPrivate.every((byte, index) => byte === b.codecPrivate[index])
  );
}

/** One coded picture or one audio frame, ready to become a Matroska block. */
export interface AccessUnit {
  readonly kind: TrackKind;
  /** 32-bit RTP timestamp. */
  readonly timestamp: number;
  /** Clock.nowMs of its first packet's arrival. */
  readonly arrivedMs: number;
  readonly keyframe: boolean;
  /** Joined, these bytes are the block's content. They are views into the packets: nothing is copied before the muxer. */
  readonly chunks: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** Present on every keyframe and every audio frame. */
  readonly config: CodecConfig | undefined;
  /** Place on the screen, counted from the last keyframe; units come in decoding order. Absent where the codec keeps one order. */
  readonly order?: number;
}

/** Where a depacketiser's results go. */
export interface UnitSink {
  unit(unit: AccessUnit): void;
  /** A unit was damaged or cannot be decoded; all are dropped until the next keyframe, which someone should ask for. */
  damaged(): void;
}

/** A picture as a payload format saw it. */
export interface Picture {
  readonly keyframe: boolean;
  readonly chunks: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly config: CodecConfig | undefined;
  readonly order?: number;
}

/** One RTP payload format: turns the payloads of one picture into a bitstream. */
export interface PayloadFormat {
  /** A new picture begins; `afterHole`: right behind lost packets, which may have been its own first ones. */
  begin(afterHole: boolean): void;
  /** The next payload of the picture; false when it makes no sense. */
  add(payload: Uint8Array): boolean;
  /** The picture is complete. Undefined when it holds nothing to show, 'damaged' when its beginning or end is missing. */
  finish(): Picture | 'damaged' | undefined;
}

/** Largest access unit that is assembled; more is junk or an attack. */
export const maxUnitBytes = 8 * 1024 * 1024;
