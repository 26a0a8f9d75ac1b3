import type { BridgeReport, PackagerReport } from './cmaf.ts';
import type { Finding } from './finding.ts';
import type { SessionId, StreamId } from './ids.ts';
import type { Codec, VideoWish } from './media.ts';
import type { RecordReport } from './record.ts';
import type { PeerReport, PlaneCounters, TrackReport, ViewerTotals, WorkerReport } from './plane-report.ts';

/** One viewer of the front row, as operators see it. */
export interface ViewerStatus {
  readonly session: SessionId;
  readonly address: string;
  /** What its media goes over; absent before its first check. */
  readonly transport?: PeerReport['transport'];
  readonly userAgent: string;
  /** ISO 8601. */
  readonly joinedAt: string;
  readonly rttMs: number;
  readonly lossRatio: number;
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly retransmitted: number;
  readonly nacksReceived: number;
  readonly keyframeRequestsReceived: number;
  /** What its path is believed to carry; 0 while nobody told. */
  readonly estimateBps: number;
  readonly estimateSource: PeerReport['estimateSource'];
  /** What it asked for of the video, within what its grant allows; empty leaves all to the automatic choice. */
  readonly wish: VideoWish;
  /** What it gets of the video: one of the labels of the track's rungs; '' while it gets none. */
  readonly rung: string;
  /** Video rests, because not even its smallest form fits. */
  readonly videoPaused: boolean;
  readonly rungChanges: number;
  /** Packets sent to find out whether more fits. */
  readonly probePackets: number;
}

export interface PublisherStatus {
  readonly session: SessionId;
  readonly codecs: readonly Codec[];
  readonly address: string;
  /** What its media comes over; absent before its first check. */
  readonly transport?: PeerReport['transport'];
  readonly userAgent: string;
  readonly silentMs: number;
  readonly rttMs: number;
}

/** One stream: what GET /api/streams/:stream answers, but for its URLs. */
export interface StreamStatus {
  readonly id: StreamId;
  /** Media arrives now. */
  readonly live: boolean;
  /** ISO 8601; null before the first publisher connected. */
  readonly startedAt: string | null;
  readonly publisher: PublisherStatus | null;
  readonly tracks: readonly TrackReport[];
  readonly viewers: { readonly interactive: number; readonly broadcast: number };
  readonly interactivePeers: readonly ViewerStatus[];
  /** Of all WebRTC viewers, those included that left. */
  readonly interactiveTotals: ViewerTotals;
  readonly bridge: BridgeReport | null;
  readonly hls: PackagerReport | null;
  /** What the ingest doctor finds wrong with the publisher, the worst first. */
  readonly findings: readonly Finding[];
}

/** A hardware encoder of H.264, as a short trial found it. */
export interface HardwareEncoderStatus {
  readonly name: string;
  /** Null while it is being tried. */
  readonly works: boolean | null;
  /** Why it does not work. */
  readonly reason: string | null;
}

/** This node. */
export interface NodeStatus {
  readonly version: string;
  readonly uptimeMs: number;
  readonly engine: string;
  /** UDP port of the first media worker. */
  readonly rtcPort: number;
  /** UDP ports of all media workers. */
  readonly rtcPorts: readonly number[];
  readonly addresses: readonly string[];
  /** Longest wait of each event loop in the last second. */
  readonly mediaLoopDelayMs: number;
  readonly controlLoopDelayMs: number;
  /** Of the whole process, without FFmpeg. */
  readonly cpuCores: number;
  readonly rssBytes: number;
  readonly counters: PlaneCounters;
  /** Media workers, in the order of their ports; empty in the first second. */
  readonly workers: readonly WorkerReport[];
  readonly ffmpeg: {
    readonly available: boolean;
    readonly version: string | null;
    readonly problem: string | null;
    /** Hardware encoders that were looked for, the ones to be preferred first. */
    readonly hardware?: readonly HardwareEncoderStatus[];
  };
  readonly limits: Readonly<Record<string, number>>;
}

export interface Snapshot {
  readonly node: NodeStatus;
  readonly streams: readonly StreamStatus[];
  /** Recordings and DVR windows. */
  readonly record?: RecordReport;
}
