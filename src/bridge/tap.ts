import type {
  Layer,
  LayerTapPacket,
  SoundIndex,
  SoundTapPacket,
  TapPacket,
  TrackKind,
} from '#src/core/media.ts';

/** A sender report of the publisher on the tap's timeline: this RTP timestamp was captured at this NTP time. */
export interface TapClock {
  readonly kind: TrackKind;
  readonly timestamp: number;
  readonly ntpMs: number;
}

/** Hears one stream's tap. Packets come in batches, as the media plane posts them; they may be out of order. */
export interface TapListener {
  packets(batch: readonly TapPacket[]): void;
  clock(reading: TapClock): void;
}

/** The same of one simulcast layer, in its own timestamps. */
export interface LayerTapClock {
  readonly layer: Layer;
  readonly timestamp: number;
  readonly ntpMs: number;
}

/** The same of an audio track beside the first. */
export interface SoundTapClock {
  readonly sound: SoundIndex;
  readonly timestamp: number;
  readonly ntpMs: number;
}

/** Hears each simulcast layer of one stream's video on its own. */
export interface LayerTapListener {
  packets(batch: readonly LayerTapPacket[]): void;
  clock(reading: LayerTapClock): void;
}

/** Hears each audio track beside the first on its own. */
export interface SoundTapListener {
  packets(batch: readonly SoundTapPacket[]): void;
  clock(reading: SoundTapClock): void;
}

/** Where the bridge gets one stream's packets from; the app adapts the media plane to it. */
export interface TapSource {
  /** Hears every batch and clock reading of the stream; dispose to stop hearing. */
  listen(listener: TapListener): Disposable;
  /** Hears the simulcast layers, beside what `listen` gives; absent where they cannot be had. */
  listenLayers?(listener: LayerTapListener): Disposable;
  /** Hears the audio tracks beside the first, in the same way; absent where they cannot be had. */
  listenSounds?(listener: SoundTapListener): Disposable;
  /** Asks the publisher for a keyframe, of every layer where it is wished; the media plane merges and limits these. */
  requestKeyframe(everyLayer?: boolean): void;
}
