import type { PeerId, PublicationId } from './ids.ts';
import type { Codec, Layer, TrackKind } from './media.ts';

/** Everything the media plane counted, once a second. Totals count from the start, rates are of the last second. */
export interface PlaneReport {
  readonly atMs: number;
  /** Longest wait of the media thread's event loop in the last second. */
  readonly loopDelayMs: number;
  readonly publications: readonly PublicationReport[];
  readonly peers: readonly PeerReport[];
  readonly counters: PlaneCounters;
  /** One for each media worker, in the order of their ports. */
  readonly workers: readonly WorkerReport[];
  /** Absent where media goes over UDP only. */
  readonly tcp?: TcpReport;
}

/** What the plane's TCP port did (ICE over TCP, RFC 6544). Totals, but for `connections`. */
export interface TcpReport {
  readonly port: number;
  /** Open now. */
  readonly connections: number;
  readonly accepted: number;
  readonly framesIn: number;
  readonly bytesIn: number;
  readonly framesOut: number;
  readonly bytesOut: number;
  /** Media packets that were left out because a connection did not drain. */
  readonly framesDropped: number;
  /** Connections that were turned away or cut, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** What one media worker of the plane did. */
export interface WorkerReport {
  /** The UDP port it has. */
  readonly port: number;
  readonly engine: 'typescript' | 'native';
  readonly peers: number;
  /** Longest wait of its event loop in the last second. */
  readonly loopDelayMs: number;
  /** Total. */
  readonly datagramsOut: number;
  /** Packets of publishers in other workers that it took over. Total. */
  readonly mirrored: number;
  /** How often it was too late for some of them. Total. */
  readonly mirrorLapses: number;
}

export interface PublicationReport {
  readonly publication: PublicationId;
  readonly publisher: PeerId | undefined;
  readonly tracks: readonly TrackReport[];
  readonly viewers: ViewerTotals;
}

/** What all viewers of a publication got and asked for, those included that left. Totals. */
export interface ViewerTotals {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly nacksReceived: number;
  readonly retransmitted: number;
  readonly keyframeRequestsReceived: number;
  readonly rungChanges: number;
  readonly probePackets: number;
}

/** Totals before the first viewer. */
export const nothingSent: ViewerTotals = {
  packetsSent: 0,
  bytesSent: 0,
  nacksReceived: 0,
  retransmitted: 0,
  keyframeRequestsReceived: 0,
  rungChanges: 0,
  probePackets: 0,
};

export interface TrackReport {
  readonly kind: TrackKind;
  readonly codec: Codec;
  readonly layers: readonly LayerReport[];
  /** Video only. */
  readonly startUp?: StartUpReport;
  /** Video only: what a viewer can be given, smallest first; empty until rates were measured. */
  readonly rungs?: readonly RungReport[];
  /** Video only: whether the publisher answers keyframe requests, as far as the last ones tell. */
  readonly keyframeRequests?: 'answers' | 'deaf' | 'unknown';
}

/** One choice of how much video a viewer gets. */
export interface RungReport {
  /** The simulcast layer that it is, or is part of. */
  readonly layer: Layer;
  /** As {@link PeerReport.rung} names it. */
  readonly label: string;
  readonly bps: number;
  /** 0 while the stream did not say. */
  readonly width: number;
  readonly height: number;
  /** Viewers that get it. */
  readonly viewers: number;
}

/** What is kept of a video track for viewers that join, and how often they got it. */
export interface StartUpReport {
  /** Of the layer that everybody gets, since its last keyframe; 0 while there is nothing usable. */
  readonly packets: number;
  readonly bytes: number;
  readonly spanMs: number;
  /** Viewers that were brought up to date with it, and the packets that took. */
  readonly replays: number;
  readonly replayedPackets: number;
  /** Viewers for which a keyframe was requested although there was something to replay. */
  readonly requestedInstead: number;
}

/** A layer inside a stream with all that it needs: what a viewer can ask for by the numbers. */
export interface PartReport {
  readonly spatialLayer: number;
  readonly temporalLayer: number;
  readonly bitrateBps: number;
  /** 0 while the stream did not say. */
  readonly width: number;
  readonly height: number;
}

export interface LayerReport {
  /** Of video its `Layer`; of audio, which has none, its `SoundIndex`. */
  readonly layer: number;
  /** Viewers that get it, or some of the layers inside it. */
  readonly viewers: number;
  /** What is kept of it since its last keyframe, for viewers that begin; 0 while there is nothing usable. */
  readonly cachedBytes: number;
  readonly rid: string;
  readonly ssrc: number;
  readonly packets: number;
  readonly bytes: number;
  readonly bitrateBps: number;
  readonly frameRate: number;
  /** 0 until a keyframe told. */
  readonly width: number;
  readonly height: number;
  readonly keyframes: number;
  /** Packets that never came, even after NACK. */
  readonly lost: number;
  /** Packets that came because we asked again. */
  readonly repaired: number;
  readonly nacksSent: number;
  readonly keyframeRequestsSent: number;
  readonly jitterMs: number;
  /** Video only: what is inside, smallest first; the last one is all of it. */
  readonly parts?: readonly PartReport[];
}

export interface PeerReport {
  readonly peer: PeerId;
  readonly role: 'publisher' | 'viewer' | 'idle';
  readonly address: string;
  /** What its packets come and go over; absent before its first check. */
  readonly transport?: 'udp' | 'tcp';
  readonly secure: boolean;
  readonly silentMs: number;
  /** From RTCP; 0 until measured. */
  readonly rttMs: number;
  /** Viewer: share of packets lost in its last receiver report, 0 to 1. */
  readonly lossRatio: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly nacksReceived: number;
  readonly retransmitted: number;
  readonly keyframeRequestsReceived: number;
  /** Viewer: what its path is believed to carry; 0 while nobody told. */
  readonly estimateBps: number;
  /** Viewer: who told. */
  readonly estimateSource: 'none' | 'transport-cc' | 'remb';
  /** Viewer: what it gets of the video, e.g. `h S0T1`; '' where there is no choice. */
  readonly rung: string;
  /** Viewer: video rests, because not even its smallest form fits. */
  readonly videoPaused: boolean;
  /** Viewer: changes of rung so far. */
  readonly rungChanges: number;
  /** Viewer: packets sent to find out whether more fits. */
  readonly probePackets: number;
}

/** Datagram and packet counters of the whole plane, totals. */
export interface PlaneCounters {
  readonly datagramsIn: number;
  readonly datagramsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Sends the kernel refused. */
  readonly sendErrors: number;
  /** Dropped input by reason, e.g. stun-unauthenticated, unknown-address, srtp-auth, srtp-replay, malformed. */
  readonly dropped: Readonly<Record<string, number>>;
}
