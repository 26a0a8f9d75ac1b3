import type { WorkerReport } from '#src/core/plane-report.ts';
import { ofNode, type Metric, seconds, type Sample } from './metric.ts';

function ofWorkers(
  kind: Metric['kind'],
  name: string,
  help: string,
  read: (worker: WorkerReport) => number,
): Metric {
  return {
    name: `worker_${name}`,
    help,
    kind,
    labels: ['port'],
    read: ({ node: { workers } }) => workers.map((worker): Sample => [{ port: worker.port }, read(worker)]),
  };
}

/** What there is to tell of this node and its media workers. */
export const nodeMetrics: readonly Metric[] = [
  {
    name: 'info',
    help: 'Always 1; the labels tell the version and who encrypts and sends',
    kind: 'gauge',
    labels: ['version', 'engine'],
    read: ({ node: { version, engine } }) => [[{ version, engine }, 1]],
  },
  ofNode('gauge', 'uptime_seconds', 'Since the gateway was opened', (s) => seconds(s.node.uptimeMs)),
  ofNode('gauge', 'streams', 'Streams on this node', ({ streams }) => streams.length),
  ofNode('counter', 'datagrams_received_total', 'UDP datagrams in', (s) => s.node.counters.datagramsIn),
  ofNode('counter', 'datagrams_sent_total', 'UDP datagrams out', (s) => s.node.counters.datagramsOut),
  ofNode('counter', 'received_bytes_total', 'UDP bytes in', (s) => s.node.counters.bytesIn),
  ofNode('counter', 'sent_bytes_total', 'UDP bytes out', (s) => s.node.counters.bytesOut),
  ofNode('counter', 'send_errors_total', 'Sends that the kernel refused', (s) => s.node.counters.sendErrors),
  {
    name: 'datagrams_dropped_total',
    help: 'UDP datagrams dropped, by reason',
    kind: 'counter',
    labels: ['reason'],
    read: (s) =>
      Object.entries(s.node.counters.dropped).map(([reason, count]): Sample => [{ reason }, count]),
  },
  ofNode('gauge', 'media_loop_delay_seconds', 'Longest wait of any media worker in the last second', (s) =>
    seconds(s.node.mediaLoopDelayMs),
  ),
  ofNode(
    'gauge',
    'control_loop_delay_seconds',
    'Longest wait of the control thread in the last second',
    (s) => seconds(s.node.controlLoopDelayMs),
  ),
  ofNode('gauge', 'cpu_cores', 'Cores used by this process, FFmpeg not counted', (s) => s.node.cpuCores),
  ofNode('gauge', 'resident_memory_bytes', 'Memory of this process', (s) => s.node.rssBytes),
  ofWorkers('gauge', 'loop_delay_seconds', 'Longest wait of each media worker in the last second', (worker) =>
    seconds(worker.loopDelayMs),
  ),
  ofWorkers('gauge', 'peers', 'WebRTC sessions by media worker', (worker) => worker.peers),
  ofWorkers(
    'counter',
    'datagrams_sent_total',
    'UDP datagrams out by media worker',
    (worker) => worker.datagramsOut,
  ),
  ofWorkers(
    'counter',
    'mirrored_packets_total',
    'Packets that a media worker took over from another one, for its own viewers',
    (worker) => worker.mirrored,
  ),
  ofWorkers(
    'counter',
    'mirror_lapses_total',
    'Times that a media worker was too late for such packets; each needs a keyframe',
    (worker) => worker.mirrorLapses,
  ),
];
