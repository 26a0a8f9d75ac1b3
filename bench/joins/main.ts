/**
 * A storm of joins while others watch: 50 WebRTC viewers a second for 10 s beside 200 that stay. The stage is that of the
 * bench "viewers". Every joiner makes a real WHEP request, ICE check and DTLS handshake and leaves half a second after its
 * first packet; its time runs from the request to that packet. Those who stay count losses and forwarding delay, before
 * the storm and during it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { delayPercentileMs, type LoadClients, type LoadViewer } from '../kit/load-clients.ts';
import { endOnSignals } from '../kit/ends.ts';
import { openStage } from '../kit/stage.ts';
import { percentile, rounded } from '../kit/statistics.ts';
import { coresBetween, type Usage, usageOf } from '../kit/usage.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    watchers: { type: 'string', default: '200' },
    joins: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    workers: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
  },
});
const watchers = Number(values.watchers);
const perSecond = Number(values.joins);
const stormMs = Number(values.seconds) * 1000;
const settleMs = 8_000;
const firstPacketTimeoutMs = 10_000;
const stayMs = 500;
/** A DTLS client repeats what went unanswered for a second (RFC 6347 section 4.2.4.1). */
const dtlsPatienceMs = 1_000;

/** Times of the storm's joiners, and why the others failed. */
interface Storm {
  readonly joinsMs: number[];
  readonly handshakesMs: number[];
  readonly failures: string[];
}

endOnSignals();
await using stage = await openStage({
  viewers: watchers + perSecond * 10,
  workers: values.workers,
  engine: values.engine,
});
const { clients, gateway } = stage;
await stage.seat(watchers, 25, { group: 0, pretendLossPpm: 0 });
await sleep(settleMs);

const calm = await stretch(() => sleep(stormMs));
console.log(`calm:  ${calm.text}`);
const storm: Storm = { joinsMs: [], handshakesMs: [], failures: [] };
const busy = await stretch(() => joinAll(clients, stage.whepUrl, storm));
console.log(`storm: ${busy.text}`);
// Numbers that are still asked for are found or given up by now.
await sleep(2_000);
const lostBefore = calm.before.lost;
const end = clients.group(0);
for (const reason of new Set(storm.failures)) {
  console.log(`failed: ${storm.failures.filter((one) => one === reason).length} times ${reason}`);
}
const joiners = clients.group(1);
console.log(
  `joiners: ${joiners.packets} packets, ${joiners.holes} holes, ${joiners.badTags} bad tags; ` +
    `transport up after ${percentile(storm.handshakesMs, 0.5).toFixed(0)}/${percentile(storm.handshakesMs, 0.95).toFixed(0)} ms (p50/p95), ` +
    `${storm.handshakesMs.filter((ms) => ms > dtlsPatienceMs).length} after DTLS had to ask again`,
);
const summary = {
  joins: storm.joinsMs.length + storm.failures.length,
  failed: storm.failures.length,
  joinP50Ms: rounded(percentile(storm.joinsMs, 0.5), 1),
  joinP95Ms: rounded(percentile(storm.joinsMs, 0.95), 1),
  watchersLost: end.lost - lostBefore,
  forwardP99Ms: busy.p99Ms,
  engine: stage.engine,
  calmForwardP99Ms: calm.p99Ms,
  watchers: end.secure,
  watchersHoles: end.holes - calm.before.holes,
};
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(18)} ${value}`);
console.log(JSON.stringify(summary));

/** What those who stay saw while `during` ran. */
async function stretch(during: () => Promise<void>): Promise<{
  readonly before: ReturnType<LoadClients['group']>;
  readonly p99Ms: number;
  readonly text: string;
}> {
  const before = clients.group(0);
  const from: Usage = usageOf(gateway.pid);
  await during();
  const after = clients.group(0);
  const cores = coresBetween(from, usageOf(gateway.pid));
  const delay = (share: number): number => rounded(delayPercentileMs(before.delays, after.delays, share));
  const text =
    `forwarding ${delay(0.5)}/${delay(0.99)}/${delay(1)} ms (p50/p99/max), ${after.holes - before.holes} holes, ` +
    `${after.kernelDrops - before.kernelDrops} read too late, gateway ${cores.toFixed(2)} cores`;
  return { before, p99Ms: delay(0.99), text };
}

/** Starts a join at each beat, whatever became of those before, and waits for the last. */
async function joinAll(by: LoadClients, whepUrl: string, result: Storm): Promise<void> {
  const startedMs = performance.now();
  const joining: Promise<void>[] = [];
  for (let number = 0; number < (perSecond * stormMs) / 1000; number++) {
    await sleep(Math.max(0, startedMs + (number * 1000) / perSecond - performance.now()));
    joining.push(joinOnce(by, whepUrl, result));
  }
  await Promise.all(joining);
}

async function joinOnce(by: LoadClients, whepUrl: string, result: Storm): Promise<void> {
  let viewer: LoadViewer;
  try {
    viewer = await by.addViewer(whepUrl, { group: 1, pretendLossPpm: 0 });
  } catch (error) {
    result.failures.push(error instanceof Error ? error.message.slice(0, 200) : String(error));
    return;
  }
  const deadlineMs = performance.now() + firstPacketTimeoutMs;
  let times = by.times(viewer);
  while (times.firstPacketMs === 0 && performance.now() < deadlineMs) {
    await sleep(20);
    times = by.times(viewer);
  }
  if (times.firstPacketMs === 0)
    result.failures.push(`no packet after ${firstPacketTimeoutMs} ms, state ${times.state}`);
  else {
    result.joinsMs.push(times.firstPacketMs - viewer.askedMs);
    result.handshakesMs.push(times.secureMs - viewer.askedMs);
    await sleep(stayMs);
  }
  by.removeViewer(viewer);
}
