import type { LayerReport, NodeView, StreamView, ViewerStatus } from '#public/shared/api-types.ts';
import { nothingSent } from '#src/core/plane-report.ts';
import { layerReport, someSession, viewerStatus } from '#test/kit/status-makers.ts';

/** A layer as a healthy publisher gives it. */
export function layer(change: Partial<LayerReport> = {}): LayerReport {
  const counted = { packets: 1_000, bytes: 1_000_000, keyframes: 5 };
  const measured = { bitrateBps: 2_000_000, frameRate: 30, width: 1280, height: 720, jitterMs: 1 };
  return layerReport({ ...counted, ...measured, ...change });
}

/** A healthy live stream. */
export function stream(change: Partial<StreamView> = {}, video: Partial<LayerReport> = {}): StreamView {
  return {
    id: 'a' as StreamView['id'],
    live: true,
    startedAt: '2026-01-01T00:00:00Z',
    publisher: { session: someSession, codecs: ['h264'], address: '', userAgent: '', silentMs: 5, rttMs: 10 },
    tracks: [{ kind: 'video', codec: 'h264', layers: [layer(video)] }],
    viewers: { interactive: 0, broadcast: 0 },
    interactivePeers: [],
    interactiveTotals: nothingSent,
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
  return viewerStatus({ rttMs: 1, ...change });
}
