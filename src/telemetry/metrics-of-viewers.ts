import type { StartUpReport, ViewerTotals } from '#src/core/plane-report.ts';
import type { ViewerStatus } from '#src/core/status.ts';
import { ofStreams, type Metric, seconds, type Sample } from './metric.ts';

function total(name: string, help: string, read: (totals: ViewerTotals) => number): Metric {
  return ofStreams({
    kind: 'counter',
    name: `viewer_${name}`,
    help,
    read: ({ interactiveTotals }) => [[{}, read(interactiveTotals)]],
  });
}

function startUp(name: string, help: string, read: (report: StartUpReport) => number): Metric {
  return ofStreams({
    kind: 'counter',
    name: `start_up_${name}`,
    help,
    read: ({ tracks }) =>
      tracks.flatMap((track): Sample[] => (track.startUp === undefined ? [] : [[{}, read(track.startUp)]])),
  });
}

/** The worst and the middle of what viewers have, as two samples; none while nobody was measured. */
function spread(
  name: string,
  help: string,
  { worst, read }: { worst: 'least' | 'most'; read: (viewer: ViewerStatus) => number | undefined },
): Metric {
  return ofStreams({
    kind: 'gauge',
    name: `viewer_${name}`,
    help,
    labels: ['of'],
    read: ({ interactivePeers }) => {
      const values = interactivePeers.flatMap((viewer) => read(viewer) ?? []).sort((a, b) => a - b);
      const [least, most] = [values[0], values.at(-1)];
      const middle = values[Math.floor((values.length - 1) / 2)];
      const end = worst === 'least' ? least : most;
      if (middle === undefined || end === undefined) return [];
      return [
        [{ of: 'median' }, middle],
        [{ of: worst }, end],
      ];
    },
  });
}

function countOf(viewers: readonly ViewerStatus[], matches: (viewer: ViewerStatus) => boolean): number {
  return viewers.reduce((sum, viewer) => sum + (matches(viewer) ? 1 : 0), 0);
}

const sources = ['transport-cc', 'remb', 'none'] as const;

/** What viewers get, and what their networks carry. No viewer has a label of its own. */
export const viewerMetrics = (): readonly Metric[] => [
  ofStreams({
    kind: 'gauge',
    name: 'viewers',
    help: 'Viewers by tier',
    labels: ['tier'],
    read: ({ viewers }) => [
      [{ tier: 'interactive' }, viewers.interactive],
      [{ tier: 'broadcast' }, viewers.broadcast],
    ],
  }),
  ofStreams({
    kind: 'gauge',
    name: 'viewers_paused',
    help: 'WebRTC viewers whose video rests because not even its smallest form fits',
    read: ({ interactivePeers }) => [[{}, countOf(interactivePeers, (viewer) => viewer.videoPaused)]],
  }),
  ofStreams({
    kind: 'gauge',
    name: 'viewers_by_estimate',
    help: 'WebRTC viewers by where the estimate of their bandwidth comes from',
    labels: ['source'],
    read: ({ interactivePeers }) =>
      sources.map((source): Sample => [
        { source },
        countOf(interactivePeers, (viewer) => viewer.estimateSource === source),
      ]),
  }),
  spread('estimate_bps', 'Estimated bandwidth of WebRTC viewers', {
    worst: 'least',
    read: (viewer) => (viewer.estimateBps > 0 ? viewer.estimateBps : undefined),
  }),
  spread('loss_ratio', 'Share of packets lost on the way to WebRTC viewers, 0 to 1', {
    worst: 'most',
    read: (viewer) => viewer.lossRatio,
  }),
  spread('round_trip_seconds', 'Round trip of WebRTC viewers', {
    worst: 'most',
    read: (viewer) => (viewer.rttMs > 0 ? seconds(viewer.rttMs) : undefined),
  }),
  total('sent_packets_total', 'RTP packets sent to WebRTC viewers', (t) => t.packetsSent),
  total('sent_bytes_total', 'RTP bytes sent to WebRTC viewers', (t) => t.bytesSent),
  total('nacks_received_total', 'Packets that WebRTC viewers asked for again', (t) => t.nacksReceived),
  total('retransmitted_packets_total', 'Packets sent again', (t) => t.retransmitted),
  total('keyframe_requests_total', 'Keyframe requests of viewers', (t) => t.keyframeRequestsReceived),
  total(
    'rung_changes_total',
    'Times that a viewer was given more or less of the video',
    (t) => t.rungChanges,
  ),
  total('probe_packets_total', 'Packets sent to find out whether more fits', (t) => t.probePackets),
  startUp('replays_total', 'Viewers that were brought up to date from the ring', (s) => s.replays),
  startUp('replayed_packets_total', 'Packets that took', (s) => s.replayedPackets),
  startUp(
    'keyframes_instead_total',
    'Viewers for which a keyframe was requested although there was something to replay',
    (s) => s.requestedInstead,
  ),
];

/** The way to LL-HLS, and LL-HLS itself. */
export const broadcastMetrics = (): readonly Metric[] => [
  ofStreams({
    kind: 'counter',
    name: 'ffmpeg_restarts_total',
    help: 'FFmpeg processes that had to be started again',
    read: ({ bridge }) => (bridge ? [[{}, bridge.restarts]] : []),
  }),
  ofStreams({
    kind: 'gauge',
    name: 'ffmpeg_cpu_cores',
    help: 'Cores used by FFmpeg',
    read: ({ bridge }) => (bridge ? [[{}, bridge.cpuCores]] : []),
  }),
  ofStreams({
    kind: 'counter',
    name: 'ffmpeg_dropped_frames_total',
    help: 'Frames that FFmpeg never got',
    read: ({ bridge }) => (bridge ? [[{}, bridge.framesDropped]] : []),
  }),
  ofStreams({
    kind: 'gauge',
    name: 'ladder_withheld_rungs',
    help: 'Qualities of the ladder that there is no room for, or that FFmpeg failed to encode',
    read: ({ bridge }) => (bridge?.ladder ? [[{}, bridge.ladder.withheld.length]] : []),
  }),
  ofStreams({
    kind: 'counter',
    name: 'hls_requests_total',
    help: 'LL-HLS requests answered',
    read: ({ hls }) => (hls ? [[{}, hls.requests]] : []),
  }),
  ofStreams({
    kind: 'counter',
    name: 'hls_sent_bytes_total',
    help: 'LL-HLS bytes sent',
    read: ({ hls }) => (hls ? [[{}, hls.bytesOut]] : []),
  }),
];
