import type { LayerReport, NodeView, StreamView, ViewerStatus } from '#public/shared/api-types.ts';

/** A session's id, as JSON brings it. */
export const session = 's' as ViewerStatus['session'];

/** A layer as a healthy publisher gives it. */
export function layer(change: Partial<LayerReport> = {}): LayerReport {
  return {
    layer: 0,
    viewers: 0,
    cachedBytes: 0,
    rid: '',
    ssrc: 1,
    packets: 1_000,
    bytes: 1_000_000,
    bitrateBps: 2_000_000,
    frameRate: 30,
    width: 1280,
    height: 720,
    keyframes: 5,
    lost: 0,
    repaired: 0,
    nacksSent: 0,
    keyframeRequestsSent: 0,
    jitterMs: 1,
    ...change,
  };
}

/** A healthy live stream. */
export function stream(change: Partial<StreamView> = {}, video: Partial<LayerReport> = {}): StreamView {
  return {
    id: 'a' as StreamView['id'],
    live: true,
    startedAt: '2026-01-01T00:00:00Z',
    publisher: { session, codecs: ['h264'], address: '', userAgent: '', silentMs: 5, rttMs: 10 },
    tracks: [{ kind: 'video', codec: 'h264', layers: [layer(video)] }],
    viewers: { interactive: 0, broadcast: 0 },
    interactivePeers: [],
    interactiveTotals: {
      packetsSent: 0,
      bytesSent: 0,
      nacksReceived: 0,
      retransmitted: 0,
      keyframeRequestsReceived: 0,
      rungChanges: 0,
      probePackets: 0,
    },
    bridge: {
      state: 'running',
      video: 'passthrough',
      audio: 'transcode',
      epoch: 1,
      restarts: 0,
      pid: 1,
      framesIn: 100,
      framesDropped: 0,
      cpuCores: 0.03,
      problem: undefined,
    },
    hls: { ready: true, renditions: [], viewers: 0, requests: 0, bytesOut: 0 },
    findings: [],
    urls: { whip: '', whep: '', hls: '', watch: '', publish: '' },
    ...change,
  };
}

/** A healthy gateway. */
export function node(change: Partial<NodeView> = {}): NodeView {
  return {
    version: '1',
    uptimeMs: 1,
    engine: 'typescript',
    rtcPort: 1,
    rtcPorts: [1],
    addresses: [],
    mediaLoopDelayMs: 1,
    controlLoopDelayMs: 5,
    cpuCores: 0.1,
    rssBytes: 1,
    counters: { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped: {} },
    workers: [],
    ffmpeg: { available: true, version: '5.1', problem: null },
    publishUrl: '',
    limits: {},
    ...change,
  };
}

/** A viewer with nothing to complain of. */
export function peer(change: Partial<ViewerStatus> = {}): ViewerStatus {
  return {
    session,
    address: '',
    userAgent: '',
    joinedAt: '2026-01-01T00:00:00Z',
    rttMs: 1,
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
