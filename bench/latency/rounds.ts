import { setTimeout as sleep } from 'node:timers/promises';

import type { RigPage } from '#test/kit/chromium.ts';
import { type Rig, untilSeen, usualSource } from '#test/kit/rig.ts';
import type { WatchReport } from '#test/kit/rig-types.ts';
import { until } from '#test/kit/wait.ts';

/** How long each stretch of a round lasts. */
export interface RoundTimes {
  readonly settleMs: number;
  readonly measureMs: number;
  /** WHEP joins timed in each gateway round. */
  readonly joins: number;
}

/** One look at a gateway: both tiers and the joins, all with the same publisher. */
export interface GatewayRound {
  readonly whep: WatchReport;
  readonly hls: WatchReport;
  readonly joinsMs: readonly number[];
}

const fullBitrateShare = 0.85;
const rampTimeoutMs = 30_000;
/** Between joins: threads and sockets of the viewer before wind down. */
const quietMs = 1_000;

/** Publisher page straight to viewer page: what the browsers cost without any server between them. */
export async function directRound(rig: Rig, times: RoundTimes): Promise<WatchReport> {
  await using publisher = await rig.page();
  await using viewer = await rig.page();
  const offer = await publisher.call('offerDirect', usualSource);
  await publisher.call('acceptDirect', await viewer.call('answerDirect', offer));
  await fullBitrate(publisher);
  // A viewer that joins a running stream is given a keyframe of the full bitrate, and its jitter buffer remembers that
  // frame's size for long. This viewer was there from the first small frames on: it gets the same start.
  await publisher.call('makeKeyframe');
  const report = await measure(viewer, times);
  await viewer.call('stopWatch');
  await publisher.call('unpublish');
  return report;
}

/** The same publisher page through the gateway: WHEP alone, then joins, then LL-HLS alone. */
export async function gatewayRound(rig: Rig, stream: string, times: RoundTimes): Promise<GatewayRound> {
  await using publisher = await rig.page();
  await rig.publish(publisher, stream);
  const whep = await whepStretch(rig, stream, { publisher, times });
  const joinsMs: number[] = [];
  for (let turn = 0; turn < times.joins; turn++) joinsMs.push(await oneJoin(rig, stream));
  const hls = await hlsStretch(rig, stream, times);
  await publisher.call('unpublish');
  return { whep, hls, joinsMs };
}

async function whepStretch(
  rig: Rig,
  stream: string,
  { publisher, times }: { readonly publisher: RigPage; readonly times: RoundTimes },
): Promise<WatchReport> {
  await using viewer = await rig.page();
  // Full bitrate first: a viewer that joins during the ramp has its jitter buffer stretched by it for long.
  await fullBitrate(publisher);
  await rig.watchWhep(viewer, stream);
  const report = await measure(viewer, times);
  await viewer.call('stopWatch');
  return report;
}

async function hlsStretch(rig: Rig, stream: string, times: RoundTimes): Promise<WatchReport> {
  await using viewer = await rig.page();
  await rig.watchHls(viewer, stream);
  const report = await measure(viewer, times);
  await viewer.call('stopWatch');
  return report;
}

async function oneJoin(rig: Rig, stream: string): Promise<number> {
  await sleep(quietMs);
  await using viewer = await rig.page();
  await rig.watchWhep(viewer, stream);
  const { joinMs } = await untilSeen(viewer, 'the first picture shows', (seen) => seen.joinMs !== undefined);
  await viewer.call('stopWatch');
  return joinMs ?? 0;
}

async function measure(viewer: RigPage, { settleMs, measureMs }: RoundTimes): Promise<WatchReport> {
  await untilSeen(viewer, 'the clock shows', (seen) => seen.framesRead > 0);
  await sleep(settleMs);
  await viewer.call('resetWatch');
  await sleep(measureMs);
  return viewer.call('watchReport');
}

/** Waits for the encoder's full bitrate; a publisher that never gets there is measured as it is. */
async function fullBitrate(publisher: RigPage): Promise<void> {
  const target = usualSource.maxBitrateBps * fullBitrateShare;
  await publisher.call('sendReport');
  let lastBps = 0;
  const reached = async (): Promise<boolean> => {
    lastBps = (await publisher.call('sendReport')).bitrateBps;
    return lastBps >= target;
  };
  await until('full bitrate', reached, { timeoutMs: rampTimeoutMs, everyMs: 1_000 }).catch(() => {
    console.log(`  publisher stays at ${Math.round(lastBps / 1000)} kbit/s, measured as it is`);
  });
}
