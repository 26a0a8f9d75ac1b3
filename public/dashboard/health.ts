import type { NodeView, StreamView } from '../shared/api-types.ts';
import { formatCodec, formatDuration, formatLatency, formatRatio, plural } from '../shared/format.ts';
import type { Finding } from './finding.ts';
import type { StreamHistory } from './history.ts';
import { qualityFindings } from './qualities.ts';
import { viewerFindings } from './viewer-health.ts';

/** What the last seconds say about the gateway, beside its newest status. */
export interface NodeTrend {
  /** By reason. */
  readonly droppedPerSecond: Readonly<Record<string, number>>;
  readonly sendErrorsPerSecond: number;
  /** Times that a media worker was too late for the packets of another one. */
  readonly lapsesPerSecond: number;
  /** The longest wait of each of the last seconds, oldest first: of packets, and of requests. */
  readonly mediaWaitsMs: readonly number[];
  readonly requestWaitsMs: readonly number[];
}

/** A busy machine makes anybody wait now and then; so many slow seconds in a row are no accident. */
const slowSeconds = 5;

/** From here on, viewers notice that they begin in the past. */
const slowStartMs = 3_000;

/** The shortest of the last seconds' waits: what every one of them exceeded. 0 until there were enough seconds. */
export function lastingWaitMs(waitsMs: readonly number[]): number {
  return waitsMs.length < slowSeconds ? 0 : Math.min(...waitsMs.slice(-slowSeconds));
}

/** What is wrong with the gateway itself. */
export function nodeFindings(node: NodeView, trend: NodeTrend): readonly Finding[] {
  const findings: Finding[] = [];
  if (!node.ffmpeg.available) {
    findings.push({
      level: 'bad',
      what: 'There is no broadcast: FFmpeg cannot run.',
      remedy: node.ffmpeg.problem ?? 'Install FFmpeg 5.1 or later.',
    });
  } else if (node.ffmpeg.problem !== null) {
    findings.push({
      level: 'warn',
      what: 'H.264 is broadcast as it comes, and nothing can be encoded: no other codecs, no lower qualities.',
      remedy: node.ffmpeg.problem,
    });
  }
  const mediaWaitMs = lastingWaitMs(trend.mediaWaitsMs);
  if (mediaWaitMs > 20) {
    findings.push({
      level: mediaWaitMs > 100 ? 'bad' : 'warn',
      what: `For seconds now, packets have waited ${formatLatency(mediaWaitMs)} and more in the media thread.`,
      remedy: 'The machine has too little CPU for this load: fewer front-row viewers, or more cores.',
    });
  }
  const requestWaitMs = lastingWaitMs(trend.requestWaitsMs);
  if (requestWaitMs > 250) {
    findings.push({
      level: 'warn',
      what: `For seconds now, requests have waited ${formatLatency(requestWaitMs)} and more.`,
      remedy: 'Joining and playlists get slow. Put a cache in front of HLS, or give the gateway more CPU.',
    });
  }
  if (trend.sendErrorsPerSecond > 1) {
    findings.push({
      level: 'bad',
      what: `The system refuses to send ${Math.round(trend.sendErrorsPerSecond)} packets a second.`,
      remedy: 'Its buffers are small: sysctl -w net.core.wmem_max=8388608, then restart the gateway.',
    });
  }
  if (trend.lapsesPerSecond > 0) {
    findings.push({
      level: 'warn',
      what: 'A media worker was so late that its viewers lost packets.',
      remedy: 'The machine has too little CPU for this load: fewer front-row viewers, or more cores.',
    });
  }
  const strangers = Object.entries(trend.droppedPerSecond).filter(([, rate]) => rate > 20);
  for (const [reason, rate] of strangers) {
    findings.push({
      level: 'warn',
      what: `${Math.round(rate)} datagrams a second are thrown away (${reason}).`,
      remedy: dropRemedy(reason),
    });
  }
  return findings;
}

function dropRemedy(reason: string): string {
  switch (reason) {
    case 'srtp-auth':
      return 'Somebody sends with wrong keys: an old session, or an attack.';
    case 'srtp-replay':
      return 'A network path doubles packets. Harmless unless it goes on.';
    case 'unknown-address':
      return 'Sessions that ended keep sending, or somebody scans the port.';
    default:
      return 'Junk on the media port. Harmless unless it grows.';
  }
}

/** What is wrong with one stream. */
export function streamFindings(
  stream: StreamView,
  history: StreamHistory,
  nowMs: number,
): readonly Finding[] {
  if (!stream.live) return [];
  return [
    ...publisherFindings(stream, history, nowMs),
    ...broadcastFindings(stream, history, nowMs),
    ...viewerFindings(stream),
  ];
}

function publisherFindings(stream: StreamView, history: StreamHistory, nowMs: number): readonly Finding[] {
  const findings: Finding[] = [];
  const { publisher } = stream;
  if (publisher !== null && publisher.silentMs > 2_000) {
    findings.push({
      level: 'bad',
      what: `The publisher has been silent for ${formatDuration(publisher.silentMs)}.`,
      remedy:
        'Its network is down or its program hangs. After 10 s the session ends; viewers stay for its return.',
    });
  }
  const loss = history.lossRatio();
  if (loss > 0.005 && !doctorSays(stream, ['loss'])) {
    findings.push({
      level: loss > 0.03 ? 'bad' : 'warn',
      what: `${formatRatio(loss)} of the publisher’s packets never arrive.`,
      remedy: 'Its upload is too slow or its Wi-Fi is bad: lower the bitrate or use a cable.',
    });
  }
  const sinceKeyframeMs = history.sinceKeyframeMs(nowMs);
  const isKeyframeTold = doctorSays(stream, [
    'no-keyframe',
    'keyframe-interval',
    'deaf-to-keyframe-requests',
  ]);
  if (history.keyframeWanted && sinceKeyframeMs > 10_000 && !isKeyframeTold) {
    findings.push({
      level: 'warn',
      what: `No keyframe for ${formatDuration(sinceKeyframeMs)}, though it was asked for.`,
      remedy: 'New viewers see nothing until one comes. In OBS, set the keyframe interval to 1 or 2 s.',
    });
  }
  if (hearsNothing(stream) && !isKeyframeTold && history.longestStartUpMs() > slowStartMs) {
    findings.push({
      level: 'warn',
      what: 'The publisher ignores requests for keyframes, and its own are seconds apart.',
      remedy:
        'New viewers begin with what is kept since the last one, which passes by fast. In OBS, set the keyframe interval to 1 or 2 s.',
    });
  }
  return findings;
}

/** What the doctor finds is told in its words, and once. */
function doctorSays({ findings }: StreamView, codes: readonly string[]): boolean {
  return findings.some(({ code }) => codes.includes(code));
}

function hearsNothing({ tracks }: StreamView): boolean {
  return tracks.some(({ keyframeRequests }) => keyframeRequests === 'deaf');
}

function broadcastFindings(stream: StreamView, history: StreamHistory, nowMs: number): readonly Finding[] {
  const findings: Finding[] = [];
  const { bridge, hls, startedAt } = stream;
  if (bridge?.state === 'failed') {
    findings.push({
      level: 'bad',
      what: 'The broadcast of this stream is down: FFmpeg gave up.',
      remedy: bridge.problem ?? 'Look into the log. The front row goes on.',
    });
  } else if (bridge?.state === 'restarting') {
    findings.push({
      level: 'warn',
      what: 'FFmpeg is being restarted.',
      remedy: bridge.problem ?? 'HLS viewers see a short stall.',
    });
  } else if (hls?.ready !== true && startedAt !== null && nowMs - Date.parse(startedAt) > 15_000) {
    findings.push({
      level: 'warn',
      what: 'The broadcast is not ready after 15 s.',
      remedy: bridge?.problem ?? 'It waits for a keyframe of the publisher.',
    });
  }
  const dropped = history.droppedFrames();
  if (dropped > 0 && bridge?.state === 'running') {
    findings.push({
      level: 'warn',
      what: `FFmpeg missed ${plural(dropped, 'frame')} in the last 10 s.`,
      remedy: 'Packets were lost before it, or it has too little CPU.',
    });
  }
  const codec = stream.tracks.find((track) => track.kind === 'video')?.codec;
  if (bridge?.video === 'transcode' && bridge.cpuCores > 1) {
    findings.push({
      level: 'warn',
      what: `Turning ${formatCodec(codec ?? 'video')} into H.264 costs ${bridge.cpuCores.toFixed(1)} cores.`,
      remedy: 'Publish H.264 and it costs next to nothing.',
    });
  }
  if (bridge) findings.push(...qualityFindings(bridge));
  return findings;
}
