import { nothingSent, type ViewerTotals } from '#src/core/plane-report.ts';
import type { Snapshot, StreamStatus } from '#src/core/status.ts';
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
