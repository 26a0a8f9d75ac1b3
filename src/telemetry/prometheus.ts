import { Counter, Gauge, Registry } from 'prom-client';
import type { Snapshot } from '#src/core/status.ts';
import type { Metric } from './metric.ts';
import { nodeMetrics } from './metrics-of-node.ts';
import { recordMetrics } from './metrics-of-recordings.ts';
import { publisherMetrics } from './metrics-of-publishers.ts';
import { broadcastMetrics, viewerMetrics } from './metrics-of-viewers.ts';

/** Prometheus text of everything in the snapshot, made when it is asked for: nothing is counted twice. */
export function openMetrics(snapshot: () => Snapshot): () => Promise<{ type: string; text: string }> {
  const registry = new Registry();
  const metrics = [
    ...nodeMetrics,
    ...viewerMetrics(),
    ...publisherMetrics(),
    ...broadcastMetrics(),
    ...recordMetrics,
  ];
  const writers = metrics.map((metric) => register(metric, registry));
  return async () => {
    const now = snapshot();
    for (const write of writers) write(now);
    return { type: registry.contentType, text: await registry.metrics() };
  };
}

function register(
  { name, help, labels, kind, read }: Metric,
  registry: Registry,
): (snapshot: Snapshot) => void {
  const options = { name: `frontrow_${name}`, help, labelNames: [...labels], registers: [registry] };
  const metric = kind === 'counter' ? new Counter(options) : new Gauge(options);
  return (snapshot) => {
    metric.reset();
    for (const [sampleLabels, value] of read(snapshot)) metric.inc({ ...sampleLabels }, value);
  };
}
