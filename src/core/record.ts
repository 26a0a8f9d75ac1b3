import type { SoundChoice } from './cmaf.ts';
import type { StreamId } from './ids.ts';
import type { Living } from './lifetime.ts';
import type { TrackKind } from './media.ts';

/** What a recording consists of; text is subtitles. */
export type RecordedKind = TrackKind | 'text';

/** What players call a language, and its tag (BCP 47). */
export interface TextLanguage {
  readonly language: string;
  readonly name: string;
}

/** A complete media segment (RFC 8216bis section 3), as it leaves the packager: the bytes that live viewers get. */
export interface MediaSegment {
  /** Rendition id, e.g. v0, a0; that of text begins with an s, and no other does. */
  readonly rendition: string;
  readonly kind: RecordedKind;
  /** Of text only. */
  readonly text?: TextLanguage;
  /** For CODECS (RFC 6381). */
  readonly codecs: string;
  /** 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** 0 for video. */
  readonly channels: number;
  /** Which of several sounds; absent for one of which nothing is said, and for video. */
  readonly sound?: SoundChoice | undefined;
  readonly msn: number;
  /** Which life of the encoder it comes from; a change is a discontinuity. */
  readonly run: number;
  /** The init segment (EXT-X-MAP) that it needs; of text, a segment with nothing in it. */
  readonly map: Uint8Array;
  readonly startMs: number;
  readonly startWallMs: number;
  readonly durationMs: number;
  readonly independent: boolean;
  /** Of video: so many bytes at the front hold the picture that it begins with; undefined where that is no keyframe. */
  readonly iFrameBytes?: number | undefined;
  /** Holds no media (EXT-X-GAP); `chunks` is empty. */
  readonly gap: boolean;
  /**
   * moof and mdat boxes, one pair after the other; of text, a whole WebVTT file, or nothing where nothing is said. Nobody may
   * write into them.
   */
  readonly chunks: readonly Uint8Array[];
}

/** Hears every complete segment of one stream. Called from the hot path: must neither throw nor wait. */
export interface SegmentListener {
  segment(segment: MediaSegment): void;
  /** The stream is over, nothing will follow. */
  ended(): void;
}

/**
 * Holds segments of one stream outside of memory, so that its playlist can be hours long. Names are those of the playlist.
 */
export interface SegmentSpool extends AsyncDisposable {
  /** How much media the playlist shall hold. */
  readonly windowMs: number;
  /** Takes a segment; writing happens later, and in order. Never throws. */
  put(name: string, chunks: readonly Uint8Array[]): void;
  /** `kept`: can be read; `pending`: is being written; `lost`: could not be written, or is gone since. */
  state(name: string): 'kept' | 'pending' | 'lost';
  /** How many were kept and are gone since; it only grows. Absent where that cannot be. */
  readonly losses?: number;
  /** More is kept than the settings allow: the oldest have to leave. */
  readonly full: boolean;
  /** The segment's bytes; undefined when it is not there (any more). Throws a Failure when it cannot be read now. */
  read(name: string): Promise<Uint8Array | undefined>;
  remove(name: string): void;
}

/** What the LL-HLS origin asks when a stream begins; incarnations are never reused. */
export interface SegmentSinks {
  listener(stream: StreamId, incarnation: string): SegmentListener | undefined;
  spool(stream: StreamId, incarnation: string): SegmentSpool | undefined;
}

export type RecordingState =
  /** Grows now. */
  | 'recording'
  /** Wants to grow and cannot; `problem` says why. It goes on by itself. */
  | 'paused'
  | 'complete';

/** One recording, as operators see it. */
export interface RecordingStatus {
  readonly stream: StreamId;
  readonly id: string;
  readonly state: RecordingState;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Everything that belongs to it. */
  readonly bytes: number;
  /** Breaks in it: the publisher came back, or nothing could be written for a while. */
  readonly discontinuities: number;
  readonly renditions: readonly RecordedRendition[];
  readonly problem: string | undefined;
  /** The MP4 for download: whether it is there, and how far its making is, 0 to 1. */
  readonly download: { readonly state: 'none' | 'making' | 'ready'; readonly progress: number };
  readonly poster: boolean;
  readonly storyboard: boolean;
  readonly upload: 'off' | 'waiting' | 'uploading' | 'done' | 'failed';
}

export interface RecordedRendition {
  readonly rendition: string;
  readonly kind: RecordedKind;
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  /** Of text only. */
  readonly text?: TextLanguage;
}

/** Totals for metrics; they only grow unless they say "now". */
export interface RecordReport {
  readonly enabled: boolean;
  /** Recordings there are now. */
  readonly recordings: number;
  /** Of these, such as grow now. */
  readonly active: number;
  /** Streams whose recording cannot be written now. */
  readonly paused: number;
  /** Bytes of all recordings now. */
  readonly bytes: number;
  readonly bytesWritten: number;
  readonly segmentsWritten: number;
  /** Segments that are missing in recordings because they could not be written. */
  readonly segmentsLost: number;
  readonly writeErrors: number;
  readonly removedByRetention: number;
  readonly uploaded: number;
  readonly uploadErrors: number;
  /** Objects that wait for their upload now. */
  readonly uploadQueue: number;
  /** Bytes that the DVR windows of live streams hold on disk now. */
  readonly spoolBytes: number;
  /** Why something cannot be written now; undefined when all is well. */
  readonly problem: string | undefined;
}

/** A file that a viewer of a recording may have. */
export interface VodFile {
  /** Absolute; a plain file inside the folder of the recording. */
  readonly path: string;
  readonly type: string;
  /** It will not change any more. */
  readonly immutable: boolean;
  /** It is made of the recording, and may be made again: with other bytes that show the same. */
  readonly remade?: true;
  /** Name for saving it; undefined for what is played. */
  readonly saveAs: string | undefined;
  /** Bytes that may be read: a file that grows is complete up to here. Undefined for all of it. */
  readonly sizeBytes: number | undefined;
}

/** A playlist as it is now, written and compressed once for all who ask. */
export interface VodPlaylist {
  readonly plain: Uint8Array;
  readonly gzip: () => Promise<Uint8Array>;
  /** Names the text: letters, digits, hyphens and underscores. */
  readonly etag: string;
}

/** What a path under /vod/ leads to. */
export type VodAnswer =
  | { readonly is: 'playlist'; readonly playlist: VodPlaylist; readonly immutable: boolean }
  | { readonly is: 'file'; readonly file: VodFile }
  /** It is somewhere else: an object store. */
  | { readonly is: 'elsewhere'; readonly url: string };

/** A path under /vod/, read and found well-formed. */
export interface VodRequest {
  readonly stream: StreamId;
  readonly id: string;
  /** File name, e.g. index.m3u8, v0.m3u8, v0_1.mp4, poster.jpg; `download.mp4` for /vod/:stream/:id.mp4. */
  readonly name: string;
}

/** Recordings of this node, for HTTP. Everything throws Failure for what there is not. */
export interface RecordingDesk extends Living {
  readonly report: RecordReport;
  list(stream?: StreamId): readonly RecordingStatus[];
  find(stream: StreamId, id: string): RecordingStatus | undefined;
  /** Begins to record a live stream, or goes on; undefined while it waits for the first complete segment. */
  start(stream: StreamId): Promise<RecordingStatus | undefined>;
  stop(stream: StreamId): Promise<RecordingStatus>;
  remove(stream: StreamId, id: string): Promise<void>;
  /** Throws `no-such-recording`, `no-such-recording-file`, `recording-not-ready`. */
  open(request: VodRequest, signal: AbortSignal): Promise<VodAnswer>;
}
