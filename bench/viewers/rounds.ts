import { setTimeout as sleep } from 'node:timers/promises';

import { delayPercentileMs } from '../kit/load-clients.ts';
import type { Stage } from '../kit/stage.ts';
import { median } from '../kit/statistics.ts';
import { coresBetween, threadCoresBetween, type ThreadCores, usageOf } from '../kit/usage.ts';

/** One measured stretch and the bare send after it. */
export interface Round {
  /** Of the whole gateway process. */
  readonly cores: number;
  /** The same while the publisher paused: feedback, reports and what never rests. */
  readonly idleCores: number;
  readonly threads: readonly ThreadCores[];
  readonly packetsPerSecond: number;
  /** Gateway's CPU per packet per viewer. */
  readonly usPerPacket: number;
  readonly bareUs: number;
  /** Delays of the bare send, from when a datagram was due. */
  readonly bareP50Ms: number;
  readonly bareP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly holes: number;
  readonly repaired: number;
  /** Most that the publisher itself was late. */
  readonly publisherLateMs: number;
}

/** Short enough that the gateway does not take the pause for a publisher that left. */
const bareMs = 2_500;
const quietMs = 200;
const resumeMs = 3_000;
const rtpTagBytes = 16;
const noDelays = new Float64Array();

/** Measures the gateway, then the bare send with the publisher paused. */
export async function measureRound(
  { gateway, clients, stream }: Stage,
  { viewers, measureMs }: { readonly viewers: number; readonly measureMs: number },
): Promise<Round> {
  clients.publisher();
  const before = clients.group(0);
  const from = usageOf(gateway.pid);
  await sleep(measureMs);
  const to = usageOf(gateway.pid);
  const after = clients.group(0);
  const { latestUs } = clients.publisher();
  const packets = after.packets - before.packets;
  const seconds = (to.atMs - from.atMs) / 1000;
  const wireBytes = (after.bytes - before.bytes) / packets + rtpTagBytes;
  clients.pausePublisher(true);
  await sleep(quietMs);
  const idleFrom = usageOf(gateway.pid);
  const overheadBytes = Math.round(wireBytes - stream.payloadBytes);
  const bare = await clients.bareSend(stream, { receivers: viewers, durationMs: bareMs, overheadBytes });
  const idleTo = usageOf(gateway.pid);
  clients.pausePublisher(false);
  if (bare.receivedShare < 0.999)
    console.log(`  bare send: only ${(bare.receivedShare * 100).toFixed(1)} % came`);
  await sleep(resumeMs);
  const cores = coresBetween(from, to);
  const delay = (share: number): number => delayPercentileMs(before.delays, after.delays, share);
  return {
    cores,
    idleCores: coresBetween(idleFrom, idleTo),
    threads: threadCoresBetween(from, to),
    packetsPerSecond: packets / seconds,
    usPerPacket: (cores * 1e6) / (packets / seconds),
    bareUs: bare.usPerPacket,
    bareP50Ms: delayPercentileMs(noDelays, bare.delays, 0.5),
    bareP99Ms: delayPercentileMs(noDelays, bare.delays, 0.99),
    p50Ms: delay(0.5),
    p99Ms: delay(0.99),
    maxMs: delay(1),
    holes: after.holes - before.holes,
    repaired: after.repaired - before.repaired,
    publisherLateMs: latestUs / 1000,
  };
}

/** One line of the progress table. */
export function tellRound(number: number, round: Round): void {
  const { cores, idleCores, usPerPacket, bareUs } = round;
  console.log(
    `round ${number}: ${cores.toFixed(3)} cores (${idleCores.toFixed(3)} without media), ` +
      `${round.packetsPerSecond.toFixed(0)} packets/s out, ${usPerPacket.toFixed(2)} us each, bare ${bareUs.toFixed(2)} us, ` +
      `x${(usPerPacket / bareUs).toFixed(2)}; delay ${round.p50Ms.toFixed(2)}/${round.p99Ms.toFixed(2)}/${round.maxMs.toFixed(1)} ms ` +
      `(p50/p99/max), bare ${round.bareP50Ms.toFixed(2)}/${round.bareP99Ms.toFixed(2)} ms, publisher late ${round.publisherLateMs.toFixed(1)} ms; ${round.holes} holes, ${round.repaired} repaired`,
  );
}

/** Where the gateway's CPU went, by thread. */
export function tellThreads(rounds: readonly Round[]): void {
  const names = new Set(rounds.flatMap(({ threads }) => threads.map(({ name }) => name)));
  const middle = (name: string, part: 'user' | 'system' | 'waited'): number =>
    median(rounds.map(({ threads }) => threads.find((thread) => thread.name === name)?.[part] ?? 0)) * 1000;
  console.log('mCPU by thread    user  system  waited for a core');
  for (const name of names) {
    const [user, system, waited] = (['user', 'system', 'waited'] as const).map((part) => middle(name, part));
    if (user! + system! < 0.5) continue;
    const figures = [user, system, waited].map((figure) => figure!.toFixed(1).padStart(7));
    console.log(`  ${name.padEnd(14)}${figures.join(' ')}`);
  }
}
