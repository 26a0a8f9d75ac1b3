import { Counter, Gauge, Registry } from 'prom-client';
import type { LayerReport, WorkerReport } from '#src/core/plane.ts';
import type { Snapshot, StreamStatus } from '#src/core/status.ts';

/** Streams with a label of their own; further ones are summed up as `other`, so that no scrape grows without bound. */
const maxStreamLabels = 500;

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly kind: 'counter' | 'gauge';
  readonly read: (snapshot: Snapshot) => Iterable<Sample>;
}

const node = (read: (snapshot: Snapshot) => number): Metric['read'] => {
  return (snapshot) => [[{}, read(snapshot)]];
};

const perWorker = (read: (worker: WorkerReport) => number): Metric['read'] => {
  return ({ node: { workers } }) => workers.map((worker): Sample => [{ port: worker.port }, read(worker)]);
};

const perStream = (read: (stream: StreamStatus) => Iterable<Sample>): Metric['read'] => {
  return ({ streams }) =>
    summed(
      streams.flatMap((stream, index) => {
        const name = index < maxStreamLabels ? stream.id : 'other';
        return [...read(stream)].map(([labels, value]): Sample => [{ stream: name, ...labels }, value]);
      }),
    );
};

const perLayer = (read: (layer: LayerReport) => number): Metric['read'] =>
  perStream(({ tracks }) =>
    tracks.flatMap(({ kind, layers }) =>
      layers.map((layer): Sample => [{ kind, layer: layer.layer }, read(layer)]),
    ),
  );

const layerLabels = ['stream', 'kind', 'layer'] as const;

const metrics: readonly Metric[] = [
  {
    name: 'streams',
    help: 'Streams on this node',
    kind: 'gauge',
    read: node(({ streams }) => streams.length),
  },
  {
    name: 'viewers',
    help: 'Viewers by tier',
    labels: ['stream', 'tier'],
    kind: 'gauge',
    read: perStream(({ viewers }) => [
      [{ tier: 'interactive' }, viewers.interactive],
      [{ tier: 'broadcast' }, viewers.broadcast],
    ]),
  },
  {
    name: 'rtp_received_packets_total',
    help: 'RTP packets from publishers',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.packets),
  },
  {
    name: 'rtp_received_bytes_total',
    help: 'RTP bytes from publishers',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.bytes),
  },
  {
    name: 'rtp_lost_packets_total',
    help: 'Packets that never came, even after NACK',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.lost),
  },
  {
    name: 'rtp_repaired_packets_total',
    help: 'Packets that came after NACK',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.repaired),
  },
  {
    name: 'rtp_nacks_sent_total',
    help: 'Packets asked for again',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.nacksSent),
  },
  {
    name: 'keyframes_total',
    help: 'Keyframes received',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.keyframes),
  },
  {
    name: 'keyframe_requests_sent_total',
    help: 'Keyframe requests sent to publishers',
    labels: layerLabels,
    kind: 'counter',
    read: perLayer((l) => l.keyframeRequestsSent),
  },
  {
    name: 'ingest_bitrate_bps',
    help: 'Bits per second from publishers',
    labels: layerLabels,
    kind: 'gauge',
    read: perLayer((l) => l.bitrateBps),
  },
  {
    name: 'ffmpeg_restarts_total',
    help: 'FFmpeg processes that had to be started again',
    labels: ['stream'],
    kind: 'counter',
    read: perStream(({ bridge }) => (bridge ? [[{}, bridge.restarts]] : [])),
  },
  {
    name: 'ffmpeg_cpu_cores',
    help: 'Cores used by FFmpeg',
    labels: ['stream'],
    kind: 'gauge',
    read: perStream(({ bridge }) => (bridge ? [[{}, bridge.cpuCores]] : [])),
  },
  {
    name: 'hls_requests_total',
    help: 'LL-HLS requests answered',
    labels: ['stream'],
    kind: 'counter',
    read: perStream(({ hls }) => (hls ? [[{}, hls.requests]] : [])),
  },
  {
    name: 'hls_sent_bytes_total',
    help: 'LL-HLS bytes sent',
    labels: ['stream'],
    kind: 'counter',
    read: perStream(({ hls }) => (hls ? [[{}, hls.bytesOut]] : [])),
  },
  {
    name: 'datagrams_received_total',
    help: 'UDP datagrams in',
    kind: 'counter',
    read: node((s) => s.node.counters.datagramsIn),
  },
  {
    name: 'datagrams_sent_total',
    help: 'UDP datagrams out',
    kind: 'counter',
    read: node((s) => s.node.counters.datagramsOut),
  },
  {
    name: 'received_bytes_total',
    help: 'UDP bytes in',
    kind: 'counter',
    read: node((s) => s.node.counters.bytesIn),
  },
  {
    name: 'sent_bytes_total',
    help: 'UDP bytes out',
    kind: 'counter',
    read: node((s) => s.node.counters.bytesOut),
  },
  {
    name: 'send_errors_total',
    help: 'Sends that the kernel refused',
    kind: 'counter',
    read: node((s) => s.node.counters.sendErrors),
  },
  {
    name: 'datagrams_dropped_total',
    help: 'UDP datagrams dropped, by reason',
    labels: ['reason'],
    kind: 'counter',
    read: (s) =>
      Object.entries(s.node.counters.dropped).map(([reason, count]): Sample => [{ reason }, count]),
  },
  {
    name: 'media_loop_delay_seconds',
    help: 'Longest wait of any media worker in the last second',
    kind: 'gauge',
    read: node((s) => s.node.mediaLoopDelayMs / 1000),
  },
  {
    name: 'worker_loop_delay_seconds',
    help: 'Longest wait of each media worker in the last second',
    labels: ['port'],
    kind: 'gauge',
    read: perWorker((w) => w.loopDelayMs / 1000),
  },
  {
    name: 'worker_peers',
    help: 'WebRTC sessions by media worker',
    labels: ['port'],
    kind: 'gauge',
    read: perWorker((w) => w.peers),
  },
  {
    name: 'worker_datagrams_sent_total',
    help: 'UDP datagrams out by media worker',
    labels: ['port'],
    kind: 'counter',
    read: perWorker((w) => w.datagramsOut),
  },
  {
    name: 'worker_mirrored_packets_total',
    help: 'Packets that a media worker took over from another one, for its own viewers',
    labels: ['port'],
    kind: 'counter',
    read: perWorker((w) => w.mirrored),
  },
  {
    name: 'worker_mirror_lapses_total',
    help: 'Times that a media worker was too late for such packets; each needs a keyframe',
    labels: ['port'],
    kind: 'counter',
    read: perWorker((w) => w.mirrorLapses),
  },
  {
    name: 'control_loop_delay_seconds',
    help: 'Longest wait of the control thread in the last second',
    kind: 'gauge',
    read: node((s) => s.node.controlLoopDelayMs / 1000),
  },
  {
    name: 'cpu_cores',
    help: 'Cores used by this process, FFmpeg not counted',
    kind: 'gauge',
    read: node((s) => s.node.cpuCores),
  },
  {
    name: 'resident_memory_bytes',
    help: 'Memory of this process',
    kind: 'gauge',
    read: node((s) => s.node.rssBytes),
  },
];

/** Prometheus text of everything in the snapshot, made when it is asked for: nothing is counted twice. */
export function openMetrics(snapshot: () => Snapshot): () => Promise<{ type: string; text: string }> {
  const registry = new Registry();
  const writers = metrics.map((metric) => register(metric, registry));
  return async () => {
    const now = snapshot();
    for (const write of writers) write(now);
    return { type: registry.contentType, text: await registry.metrics() };
  };
}

function register(
  { name, help, labels = [], kind, read }: Metric,
  registry: Registry,
): (snapshot: Snapshot) => void {
  const options = { name: `frontrow_${name}`, help, labelNames: [...labels], registers: [registry] };
  const metric = kind === 'counter' ? new Counter(options) : new Gauge(options);
  return (snapshot) => {
    metric.reset();
    for (const [sampleLabels, value] of read(snapshot)) metric.inc({ ...sampleLabels }, value);
  };
}

/** Adds up samples with equal labels: the streams beyond the limit share one. */
function summed(samples: readonly Sample[]): Iterable<Sample> {
  const sums = new Map<string, Sample>();
  for (const [labels, value] of samples) {
    const key = JSON.stringify(labels);
    sums.set(key, [labels, (sums.get(key)?.[1] ?? 0) + value]);
  }
  return sums.values();
}
