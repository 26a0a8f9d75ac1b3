/**
 * Start-up: how long a Chromium viewer waits for the newest picture of a publisher that ignores keyframe requests. The
 * publisher is shaped like OBS, with a keyframe every 8.3 s; viewers join at phases spread over that interval, once at a
 * gateway with its start-up cache and once at one without. The time starts with the POST of the offer; it is told until the
 * first picture, which may be the keyframe, and until one that is not older than 300 ms, which comes when everything since the
 * keyframe is decoded. The latency 5 s later is compared: a viewer without the cache joined at a keyframe.
 */
import { parseArgs } from 'node:util';

import { cleanup } from 'node-datachannel';

import { launchChromium } from '#test/kit/chromium.ts';
import { startGateway } from '#test/kit/gateway.ts';
import { type Joiner, openJoiner } from '#test/kit/joiner.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { servePages } from '#test/kit/page-server.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { StampedStream } from '#test/kit/stamped-stream.ts';
import { until } from '#test/kit/wait.ts';

import { percentile, rounded } from '../kit/statistics.ts';
import { type Join, joinOnce, keyframeSeconds } from './joins.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    joins: { type: 'string', default: '16' },
    'joins-without': { type: 'string', default: '6' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '720' },
    bitrate: { type: 'string', default: '2500000' },
  },
});

/** Steps of the golden ratio cover the interval evenly, however many there are, in no regular order. */
const goldenRatio = 0.618_034;

const recording = await makeRecording({
  codec: 'h264',
  width: Number(values.width),
  height: Number(values.height),
  bitrateBps: Number(values.bitrate),
  seconds: 4 * keyframeSeconds,
  keyframeSeconds,
  stamped: true,
});

const browser = await launchChromium();
try {
  await using pages = await servePages();
  await using joiner = await openJoiner(browser, pages.origin);
  const withCache = await measure(joiner, recording, { joins: Number(values.joins), cacheBytes: undefined });
  const without = await measure(joiner, recording, { joins: Number(values['joins-without']), cacheBytes: 0 });
  const of = (joins: readonly Join[], value: (join: Join) => number, share: number): number =>
    rounded(percentile(joins.map(value), share), 1);
  const summary = {
    firstFrameP50Ms: of(withCache, (join) => join.anyMs, 0.5),
    firstFrameP95Ms: of(withCache, (join) => join.anyMs, 0.95),
    withoutCacheP50Ms: of(without, (join) => join.anyMs, 0.5),
    newestFrameP50Ms: of(withCache, (join) => join.freshMs, 0.5),
    newestFrameP95Ms: of(withCache, (join) => join.freshMs, 0.95),
    connectedP50Ms: of(withCache, (join) => join.connectedMs, 0.5),
    latencyAfter5sMs: of(withCache, (join) => join.settledP50Ms, 0.5),
    latencyAfter5sJoinedAtKeyframeMs: of(without, (join) => join.settledP50Ms, 0.5),
    latencyAfter5sWorstMs: of(withCache, (join) => join.settledP50Ms, 1),
    latencyAfter5sWorstJoinedAtKeyframeMs: of(without, (join) => join.settledP50Ms, 1),
    nacks: withCache.reduce((sum, join) => sum + join.report.nacks, 0),
    lost: withCache.reduce((sum, join) => sum + join.report.packetsLost, 0),
  };
  if (!values.json)
    for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(38)} ${value}`);
  console.log(JSON.stringify(summary));
} finally {
  await browser.close();
}
// The publisher's library has threads of its own, which would keep the process.
cleanup();

async function measure(
  joiner: Joiner,
  played: Recording,
  { joins, cacheBytes }: { readonly joins: number; readonly cacheBytes: number | undefined },
): Promise<Join[]> {
  const env = cacheBytes === undefined ? {} : { FRONTROW_MEDIA__START_UP_CACHE_BYTES: String(cacheBytes) };
  await using gateway = await startGateway({ env });
  await using publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/start'), recording: played });
  await until('the stream is live', async () => (await gateway.stream('start'))?.live, { timeoutMs: 20_000 });
  const stream = new StampedStream(publisher, played, keyframeSeconds);
  const intervalMs = keyframeSeconds * 1000;
  console.log(cacheBytes === 0 ? 'without the cache' : 'with the cache');
  const measured: Join[] = [];
  for (let turn = 0; turn < joins; turn++) {
    const join = await joinOnce(joiner, stream, {
      whepUrl: gateway.url('/whep/start'),
      phaseMs: (((turn + 1) * goldenRatio) % 1) * intervalMs,
      longestStartMs: cacheBytes === 0 ? intervalMs + 1_000 : 2_000,
    });
    measured.push(join);
    tell(join);
  }
  return measured;
}

function tell({ phaseMs, connectedMs, anyMs, freshMs, settledP50Ms, settledP95Ms, report }: Join): void {
  const whole = (value: number): string => String(Math.round(value)).padStart(5);
  console.log(
    `  keyframe ${whole(phaseMs)} ms ago: connected ${whole(connectedMs)}, any picture ${whole(anyMs)}, fresh ${whole(freshMs)} ms; ` +
      `5 s later ${whole(settledP50Ms)}/${whole(settledP95Ms)} ms (p50/p95), jitter buffer ${whole(report.jitterBufferMs)}; ` +
      `decoding ${report.decodeMsPerFrame.toFixed(1)} ms, ${report.nacks} NACKs, ${report.keyframeRequests} PLIs, ${report.packetsLost} lost`,
  );
}
