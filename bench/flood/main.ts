/**
 * Floods: 2,000 mutated and some sixty hostile offers one after the other, and 1,000 offers a second from one address and from
 * fifty, with good keys and bad ones, beside viewers that must notice nothing.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cleanup } from 'node-datachannel';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { flood } from '#test/kit/flood.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { until } from '#test/kit/wait.ts';

import { endOnSignals } from '../kit/ends.ts';
import { makeLoadRecording } from '../kit/load-recording.ts';
import { percentile, rounded } from '../kit/statistics.ts';
import { takeOffers } from './offers.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    viewers: { type: 'string', default: '10' },
    offers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
  },
});
const keys = { studio: 'studio-key-of-the-flood-bench', leaked: 'leaked-key-of-the-flood-bench' };
const operatorKey = 'operator-key-of-the-flood-bench';
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const studioKeys = Object.entries(keys).map(
  ([name, key]) => `{ name: ${name}, sha256: "${hashOf(key)}", allow: [publish, view] }`,
);

endOnSignals();
await using opened = new AsyncDisposableStack();
const recording = await makeLoadRecording();
const summary: Record<string, number> = {};

const calm = await open({
  FRONTROW_HTTP__JOINS_PER_ADDRESS: '1000000',
  FRONTROW_HTTP__JOINS_PER_SUBJECT: '1000000',
});
const taken = await takeOffers(calm.gateway, {
  view: `Bearer ${keys.studio}`,
  operate: `Bearer ${operatorKey}`,
});
summary['offers'] = taken.tookMs.length;
summary['offerP50Ms'] = rounded(percentile(taken.tookMs, 0.5));
summary['offerP99Ms'] = rounded(percentile(taken.tookMs, 0.99));
summary['offerLongestMs'] = rounded(percentile(taken.tookMs, 1));
summary['loopDelayLongestMs'] = rounded(percentile(taken.loopDelaysMs, 1));
summary['statusesOver499'] = Object.keys(taken.statuses).filter((status) => Number(status) >= 500).length;
await calm[Symbol.asyncDispose]();

for (const [name, addresses] of [
  ['one', 1],
  ['fifty', 50],
] as const) {
  const stage = opened.use(await open({}));
  for (const viewer of stage.viewers) viewer.reset();
  const counts = await flood({
    port: Number(new URL(stage.gateway.origin).port),
    stream: 'calm',
    token: keys.leaked,
    perSecond: Number(values.offers),
    seconds: Number(values.seconds),
    addresses,
  });
  const missing = stage.viewers.reduce((sum, { video, audio }) => sum + video.missing + audio.missing, 0);
  const packets = stage.viewers.reduce((sum, { video, audio }) => sum + video.packets + audio.packets, 0);
  summary[`${name}AddressLossPercent`] = rounded((100 * missing) / (packets + missing), 4);
  summary[`${name}AddressLongestGapMs`] = rounded(
    Math.max(...stage.viewers.map(({ video }) => video.longestGapMs)),
  );
  if (!values.json) console.log(`${name}: ${JSON.stringify(counts)}`);
  await stage[Symbol.asyncDispose]();
}
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(28)} ${value}`);
console.log(JSON.stringify(summary));
// The clients' library has threads of its own, which would keep the process.
cleanup();

interface Stage extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly viewers: readonly CountingViewer[];
}

/** A guarded gateway with a stream and viewers. */
async function open(env: Readonly<Record<string, string>>): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const operators = `operateKeys: [{ name: operator, sha256: "${hashOf(operatorKey)}" }]`;
  const config = `auth: { streamKeys: [${studioKeys.join(', ')}], ${operators} }\n`;
  const gateway = parts.use(await startGateway({ env, config }));
  const token = keys.studio;
  parts.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/calm'), recording, token }));
  const viewers: CountingViewer[] = [];
  for (let number = 0; number < Number(values.viewers); number++)
    viewers.push(parts.use(await CountingViewer.open(gateway.url('/whep/calm'), ['h264'], token)));
  await until('media flows', () => viewers.every(({ video }) => video.instants > 30), { timeoutMs: 30_000 });
  await sleep(2_000);
  const moved = parts.move();
  return { gateway, viewers, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
