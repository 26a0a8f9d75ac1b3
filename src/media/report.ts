import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MediaEngine } from '#src/core/engine.ts';
import type { PeerReport, PlaneReport, WorkerReport } from '#src/core/plane-report.ts';
import { rounded } from '#src/core/rounding.ts';
import { addressText } from './address.ts';
import type { Drops } from './drops.ts';
import type { Mux } from './mux.ts';
import type { PlanePeer } from './peer.ts';
import type { Publication } from './publication.ts';
import type { MirrorTally } from './workers/publication-mirror.ts';

/** Where the numbers come from. */
export interface ReportSources {
  readonly publications: Iterable<Publication>;
  readonly peers: Iterable<PlanePeer>;
  readonly mux: Mux;
  readonly engine: MediaEngine;
  readonly drops: Drops;
  /** Absent when there is one worker only. */
  readonly mirrors: Readonly<MirrorTally> | undefined;
}

/** Gathers what everybody counted, and watches this thread's event loop. */
export class Reporter implements Disposable {
  /** Node's histogram counts from the timer's own period of 10 ms on. */
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolutionMs });

  constructor() {
    this.#loop.enable();
  }

  /** A report of now; begins the next interval. */
  report(nowMs: number, sources: ReportSources): PlaneReport {
    const { mux, engine, drops } = sources;
    const loopDelayMs = rounded(Math.max(0, this.#loop.max / 1e6 - loopResolutionMs), 1);
    this.#loop.reset();
    const peers = Array.from(sources.peers, (peer) => peerReport(peer, nowMs));
    const worker: WorkerReport = {
      port: engine.port,
      engine: engine.name,
      peers: peers.length,
      loopDelayMs,
      datagramsOut: engine.counters.packetsOut,
      mirrored: sources.mirrors?.mirrored ?? 0,
      mirrorLapses: sources.mirrors?.mirrorLapses ?? 0,
    };
    return {
      atMs: nowMs,
      loopDelayMs,
      publications: Array.from(sources.publications, (publication) => publication.report()),
      peers,
      counters: {
        datagramsIn: mux.datagramsIn,
        bytesIn: mux.bytesIn,
        datagramsOut: engine.counters.packetsOut,
        bytesOut: engine.counters.bytesOut,
        sendErrors: engine.counters.sendErrors,
        dropped: drops.snapshot(),
      },
      workers: [worker],
    };
  }

  [Symbol.dispose](): void {
    this.#loop.disable();
  }
}

const loopResolutionMs = 10;

function peerReport(peer: PlanePeer, nowMs: number): PeerReport {
  return {
    peer: peer.id,
    role: peer.role?.kind ?? 'idle',
    address: peer.address === undefined ? '' : addressText(peer.address),
    ...(peer.address !== undefined && { transport: 'udp' as const }),
    secure: peer.engine !== undefined,
    silentMs: Math.round(Math.max(0, nowMs - peer.heardMs)),
    ...peer.tally,
    rttMs: rounded(peer.tally.rttMs, 1),
    lossRatio: rounded(peer.tally.lossRatio, 4),
  };
}
