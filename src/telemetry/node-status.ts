import type { MediaPlane } from '#src/core/plane.ts';
import type { PlaneCounters, PlaneReport } from '#src/core/plane-report.ts';
import type { NodeStatus } from '#src/core/status.ts';
import { openLoad } from './load.ts';

/** What the node's status is made of. */
export interface NodeFacts {
  readonly version: string;
  readonly plane: MediaPlane;
  readonly addresses: readonly string[];
  readonly ffmpeg: () => NodeStatus['ffmpeg'];
  readonly report: () => PlaneReport | undefined;
  readonly limits: () => Readonly<Record<string, number>>;
}

export interface NodeMeter extends Disposable {
  read(): NodeStatus;
}

const nothingYet: PlaneCounters = {
  datagramsIn: 0,
  datagramsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  sendErrors: 0,
  dropped: {},
};

/** Starts measuring this node. */
export function openNodeMeter({ version, plane, addresses, ffmpeg, report, limits }: NodeFacts): NodeMeter {
  const load = openLoad();
  const startedMs = performance.now();
  return {
    read: () => ({
      version,
      uptimeMs: Math.round(performance.now() - startedMs),
      engine: plane.engine,
      rtcPort: plane.port,
      rtcPorts: plane.ports,
      addresses,
      mediaLoopDelayMs: report()?.loopDelayMs ?? 0,
      controlLoopDelayMs: load.loopDelayMs,
      cpuCores: load.cpuCores,
      rssBytes: load.rssBytes,
      counters: report()?.counters ?? nothingYet,
      workers: report()?.workers ?? [],
      ffmpeg: ffmpeg(),
      limits: limits(),
    }),
    [Symbol.dispose]: () => load[Symbol.dispose](),
  };
}
