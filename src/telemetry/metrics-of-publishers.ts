import type { LayerReport } from '#src/core/plane-report.ts';
import { ofStreams, type Metric, seconds, type Sample } from './metric.ts';

function ofLayers(
  kind: Metric['kind'],
  name: string,
  help: string,
  read: (layer: LayerReport) => number,
): Metric {
  return ofStreams({
    kind,
    name,
    help,
    labels: ['kind', 'layer'],
    read: ({ tracks }) =>
      tracks.flatMap((track) =>
        track.layers.map((layer): Sample => [{ kind: track.kind, layer: layer.layer }, read(layer)]),
      ),
  });
}

/** What comes from publishers, layer by layer. Counters of a layer begin anew with the next publisher. */
export const publisherMetrics = (): readonly Metric[] => [
  ofLayers('counter', 'rtp_received_packets_total', 'RTP packets from publishers', (l) => l.packets),
  ofLayers('counter', 'rtp_received_bytes_total', 'RTP bytes from publishers', (l) => l.bytes),
  ofLayers('counter', 'rtp_lost_packets_total', 'Packets that never came, even after NACK', (l) => l.lost),
  ofLayers('counter', 'rtp_repaired_packets_total', 'Packets that came after NACK', (l) => l.repaired),
  ofLayers('counter', 'rtp_nacks_sent_total', 'Packets asked for again', (l) => l.nacksSent),
  ofLayers('gauge', 'rtp_jitter_seconds', 'Jitter of arrivals (RFC 3550)', (l) => seconds(l.jitterMs)),
  ofLayers('counter', 'keyframes_total', 'Keyframes received', (l) => l.keyframes),
  ofLayers(
    'counter',
    'keyframe_requests_sent_total',
    'Keyframe requests sent to publishers',
    (l) => l.keyframeRequestsSent,
  ),
  ofLayers('gauge', 'ingest_bitrate_bps', 'Bits per second from publishers', (l) => l.bitrateBps),
  ofLayers('gauge', 'ingest_frame_rate', 'Frames per second from publishers', (l) => l.frameRate),
  ofLayers('gauge', 'layer_viewers', 'WebRTC viewers that get this layer, or a part of it', (l) => l.viewers),
  ofLayers(
    'gauge',
    'start_up_cache_bytes',
    'Kept since the last keyframe for viewers that begin; 0 while there is nothing usable',
    (l) => l.cachedBytes,
  ),
  ofStreams({
    kind: 'gauge',
    name: 'ingest_findings',
    help: 'What the ingest doctor finds wrong now, see docs/doctor.md',
    labels: ['code', 'severity'],
    read: ({ findings }) => findings.map(({ code, severity }): Sample => [{ code, severity }, 1]),
  }),
];
