import type { Living } from './lifetime.ts';
import type { SoundIndex, SoundLabel, Track, TrackKind } from './media.ts';

/**
 * One life of an FFmpeg process: from a keyframe until codec parameters change, the publisher changes or FFmpeg dies.
 * Media time (tfdt) of every track starts at `baseMediaTimeMs` at the instant `startedWallMs`.
 */
export interface CmafEpoch {
  /** Counts up over the stream's life, also over FFmpeg restarts; names of init segments carry it. */
  readonly epoch: number;
  /** Gateway's wall clock (ms since 1970) at which the media at baseMediaTimeMs arrived. */
  readonly startedWallMs: number;
  readonly baseMediaTimeMs: number;
  readonly tracks: readonly CmafTrack[];
}

/** One of the sounds that viewers of LL-HLS may choose from. */
export interface SoundChoice extends SoundLabel {
  /** Which of the publisher's audio tracks; 0 is the one that is heard unless another is chosen. */
  readonly index: SoundIndex;
}

/** A fragmented MP4 byte stream of one track: ftyp moov, then moof mdat pairs of one frame or a few each. */
export interface CmafTrack {
  readonly kind: TrackKind;
  /** Rendition id, e.g. v0, a0: a stable name in URLs. */
  readonly rendition: string;
  /** Absent for video, and for sound of which nothing is said. */
  readonly sound?: SoundChoice;
  /** Ends when FFmpeg ends. Chunks are cut anywhere. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export type BridgeState =
  /** Waits for media or a keyframe. */
  | 'waiting'
  | 'running'
  /** FFmpeg died or hung and comes back. */
  | 'restarting'
  /** FFmpeg cannot run; `problem` says why and what to do. WebRTC goes on. */
  | 'failed';

/** One encoded quality of a stream's ladder. */
export interface RungReport {
  readonly rendition: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
}

/** One simulcast layer of the publisher below its top, as a quality of LL-HLS. */
export interface LayerRungReport {
  readonly rid: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
  /** The rendition that it is, copied; undefined while it is none. */
  readonly rendition: string | undefined;
  /** Why it is none. */
  readonly problem: string | undefined;
}

/** What a stream's viewers on LL-HLS may choose from. */
export interface LadderReport {
  /** The ladder's name in the settings. */
  readonly name: string;
  /** Qualities below the top that are encoded now. */
  readonly rungs: readonly RungReport[];
  /** Renditions that the machine has no room for, and why. */
  readonly withheld: readonly string[];
  readonly reason: string | undefined;
  /** Layers of a simulcast publisher below its top; absent without simulcast. */
  readonly layers?: readonly LayerRungReport[];
}

/** Who encodes a stream's video. */
export interface EncoderReport {
  /** software, nvenc, qsv, vaapi, videotoolbox, v4l2m2m. */
  readonly name: string;
  /** Why it is not the hardware that there is. */
  readonly problem?: string;
}

/** What viewers see while the publisher is away. */
export interface SlateReport {
  readonly showing: boolean;
  /** Why it cannot be shown. */
  readonly problem?: string;
}

export interface BridgeReport {
  readonly state: BridgeState;
  readonly video: 'passthrough' | 'transcode' | 'none';
  readonly audio: 'transcode' | 'none';
  readonly epoch: number;
  readonly restarts: number;
  readonly pid: number | undefined;
  /** Access units handed to FFmpeg, and those dropped while waiting for a keyframe or under backpressure. */
  readonly framesIn: number;
  readonly framesDropped: number;
  /** Share of one core that FFmpeg used over the last seconds, 0 when unknown. */
  readonly cpuCores: number;
  readonly problem: string | undefined;
  /** Absent where nothing is encoded. */
  readonly encoder?: EncoderReport;
  /** Absent where none is wished for. */
  readonly slate?: SlateReport;
  /** Absent where there is nothing to choose from. */
  readonly ladder?: LadderReport;
}

/** Why nothing comes out of a bridge; docs/failures.md has the codes. */
export interface Obstacle {
  readonly code:
    | 'ffmpeg-missing'
    | 'ffmpeg-old'
    | 'ffmpeg-incomplete'
    | 'ffmpeg-no-encoder'
    | 'ffmpeg-failed'
    /** Soon over. */
    | 'ffmpeg-restarting';
  /** When it is seen whether that has changed. */
  readonly retryAfterMs: number;
}

/** RTP into FFmpeg, once per stream. */
export interface Bridge extends Living {
  readonly report: BridgeReport;
  /** Undefined while nothing is wrong. */
  readonly obstacle: Obstacle | undefined;
  /** The publisher (re)appeared with these tracks; a change begins a new epoch. An empty list: the publisher left. */
  setTracks(tracks: readonly Track[]): void;
}

/** CMAF into LL-HLS of one stream. */
export interface Packager extends Living {
  /** A new epoch begins: DISCONTINUITY and a new EXT-X-MAP when there was one before. */
  accept(epoch: CmafEpoch): void;
  /** The publisher is away: waiting reloads are answered as the rules say, nothing is ended yet. */
  pause(): void;
  /** The stream is over: flush and EXT-X-ENDLIST; stays readable for a while. */
  finish(): void;
  /** Who says why nothing comes, for those that ask for what is not there yet. */
  obstructedBy(ask: () => Obstacle | undefined): void;
  readonly report: PackagerReport;
}

export interface PackagerReport {
  /** Whether the multivariant playlist can be served now. */
  readonly ready: boolean;
  readonly renditions: readonly RenditionReport[];
  /** HLS players seen in the last 10 s, by the distinct address and user agent of playlist requests. */
  readonly viewers: number;
  readonly requests: number;
  readonly bytesOut: number;
}

export interface RenditionReport {
  readonly rendition: string;
  readonly kind: TrackKind;
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
  readonly segment: number;
  readonly parts: number;
  readonly partTargetMs: number;
  readonly segmentTargetMs: number;
}
