import type { SessionId } from '#src/core/ids.ts';
import { type LayerReport, nothingSent, type ViewerTotals } from '#src/core/plane.ts';
import type { Snapshot, StreamStatus, ViewerStatus } from '#src/core/status.ts';
import { streamName } from '#test/kit/session-fakes.ts';

/** A stream with so many viewers. */
export function stream(id: string, viewers: number, change: Partial<StreamStatus> = {}): StreamStatus {
  return {
    id: streamName(id),
    live: true,
    startedAt: null,
    publisher: null,
    tracks: [],
    viewers: { interactive: viewers, broadcast: 0 },
    interactivePeers: [],
    interactiveTotals: nothingSent,
    bridge: null,
    hls: null,
    findings: [],
    ...change,
  };
}

/** The same, with what its viewers were sent. */
export function sent(id: string, change: Partial<ViewerTotals>): StreamStatus {
  return stream(id, 1, { interactiveTotals: { ...nothingSent, ...change } });
}

/** One viewer. */
export function viewer(change: Partial<ViewerStatus>): ViewerStatus {
  return {
    session: 's' as SessionId,
    address: '',
    userAgent: '',
    joinedAt: '',
    rttMs: 0,
    lossRatio: 0,
    bytesSent: 0,
    packetsSent: 0,
    retransmitted: 0,
    nacksReceived: 0,
    keyframeRequestsReceived: 0,
    estimateBps: 0,
    estimateSource: 'none',
    rung: '',
    wish: {},
    videoPaused: false,
    rungChanges: 0,
    probePackets: 0,
    ...change,
  };
}

/** One layer. */
export function layer(change: Partial<LayerReport>): LayerReport {
  return {
    layer: 0,
    viewers: 0,
    cachedBytes: 0,
    rid: '',
    ssrc: 1,
    packets: 0,
    bytes: 0,
    bitrateBps: 0,
    frameRate: 0,
    width: 0,
    height: 0,
    keyframes: 0,
    lost: 0,
    repaired: 0,
    nacksSent: 0,
    keyframeRequestsSent: 0,
    jitterMs: 0,
    ...change,
  };
}

const worker = {
  engine: 'native',
  peers: 2,
  loopDelayMs: 4,
  datagramsOut: 9,
  mirrored: 0,
  mirrorLapses: 0,
} as const;

/** A node with two workers and these streams. */
export function snapshotOf(
  streams: readonly StreamStatus[],
  dropped: Readonly<Record<string, number>> = {},
): Snapshot {
  return {
    streams,
    node: {
      version: '0',
      uptimeMs: 0,
      engine: 'native',
      rtcPort: 8189,
      rtcPorts: [8189, 8190],
      addresses: [],
      mediaLoopDelayMs: 5,
      controlLoopDelayMs: 0,
      cpuCores: 0,
      rssBytes: 0,
      counters: { datagramsIn: 7, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped },
      workers: [
        { ...worker, port: 8189 },
        { ...worker, port: 8190, mirrored: 3 },
      ],
      ffmpeg: { available: false, version: null, problem: null },
      limits: {},
    },
  };
}
