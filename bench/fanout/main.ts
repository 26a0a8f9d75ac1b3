/**
 * What one packet costs for each viewer: CPU time of the sending thread (user and system) over packets and viewers,
 * beside a plain sendmmsg of the same bytes without rewriting or encryption. Packets are paced, each viewer is a socket
 * of its own that a thread in C++ empties, and the kinds of sending take turns, so that the machine's moods hit all alike;
 * each figure is the median over the rounds, each ratio the median of the ratios within a round.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { RewriteTable, type EnginePeer, type MediaEngine } from '#src/core/engine.ts';
import type { SrtpProfile } from '#src/core/plane.ts';
import { NativeEngine } from '#src/media/engine/native.ts';
import { trustedAddon } from '#src/media/engine/select.ts';
import { TypescriptEngine } from '#src/media/engine/typescript.ts';
import { keysOf } from '#test/conformance/engine-kit.ts';

import { median, rounded } from '../kit/statistics.ts';
import { loadSink } from './sink.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    viewers: { type: 'string', default: '500' },
  },
});
const viewers = Number(values.viewers);
const packetsPerSecond = 200;
const framePackets = 5;
const payload = Buffer.alloc(1_150, 0x5a);
const extensions = Buffer.from('bede000131123400', 'hex');
const protectedBytes = 12 + extensions.length + payload.length + 16;

const socket = { port: 0, address: '127.0.0.1', recvBufferBytes: 1 << 20, sendBufferBytes: 8 << 20 };
const intake = {
  datagram: () => undefined,
  error: (error: Error) => {
    throw error;
  },
};

/** One kind of sending: gives the packets of one burst to all viewers. */
interface Kind {
  readonly name: string;
  readonly burstPackets: number;
  burst(): void;
}

const addon = trustedAddon();
if (typeof addon === 'string') throw new Error(addon);
const sink = await loadSink();
const ports = sink.open(viewers);
const plain = Buffer.alloc(protectedBytes, 0x5a);
const engines: MediaEngine[] = [];
const kinds: readonly Kind[] = [
  { name: 'bare', burstPackets: 1, burst: () => void sink.bareSend(plain) },
  engineKind('native', await NativeEngine.open(addon, socket, intake), 'aead-aes-128-gcm', 1),
  engineKind('gso', await NativeEngine.open(addon, socket, intake), 'aead-aes-128-gcm', framePackets),
  engineKind('cm', await NativeEngine.open(addon, socket, intake), 'aes-128-cm-hmac-sha1-80', 1),
  engineKind('typescript', await TypescriptEngine.open(socket, intake), 'aead-aes-128-gcm', 1),
];

const rounds: Map<string, number>[] = [];
for (const kind of kinds) await usPerPacketViewer(kind, 0.5);
for (let round = 1; round <= Number(values.rounds); round++) {
  const costs = new Map<string, number>();
  for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
    costs.set(kind.name, await usPerPacketViewer(kind, Number(values.seconds)));
  }
  rounds.push(costs);
  const line = [...costs].map(([name, us]) => `${name} ${us.toFixed(2)}`).join('  ');
  console.error(`round ${round}: ${line} µs per packet and viewer`);
}
for (const engine of engines) await engine[Symbol.asyncDispose]();
sink.close();

const summary = {
  engine: 'native',
  viewers,
  usPerPacketViewer: rounded(median(rounds.map((costs) => costOf(costs, 'native')))),
  bareSendUs: rounded(median(rounds.map((costs) => costOf(costs, 'bare')))),
  ratioToBareSend: ratio('native'),
  gsoRatioToBareSend: ratio('gso'),
  cmRatioToBareSend: ratio('cm'),
  typescriptRatio: ratio('typescript'),
};
if (!values.json) {
  console.log(`${viewers} viewers at ${packetsPerSecond} packets/s of ${protectedBytes} bytes, on loopback:`);
  console.log(`  plain sendmmsg      ${summary.bareSendUs} µs a packet and viewer`);
  console.log(`  native, AES-GCM     ${summary.usPerPacketViewer} µs, ${summary.ratioToBareSend} times`);
  console.log(`  native, frames of 5 ${summary.gsoRatioToBareSend} times`);
  console.log(`  native, AES-CM      ${summary.cmRatioToBareSend} times`);
  console.log(`  TypeScript          ${summary.typescriptRatio} times`);
}
console.log(JSON.stringify(summary));

/** An engine that fans one packet out, or the packets of a frame in one turn. */
function engineKind(name: string, engine: MediaEngine, profile: SrtpProfile, burstPackets: number): Kind {
  engines.push(engine);
  const peers: EnginePeer[] = ports.map((port, index) =>
    engine.addPeer(keysOf(profile, index & 0x3f), { ip: '127.0.0.1', port, family: 4 }),
  );
  const table = new RewriteTable();
  const packet = { marker: false, payload, extensions, transportAt: 5, patchAt: 0, patchBytes: 0 };
  let sequence = 0;
  const burst = (): void => {
    for (let i = 0; i < burstPackets; i++) {
      sequence = (sequence + 1) & 0xffff;
      table.clear();
      for (const peer of peers) {
        table.add(peer, 0x1000 + peer, (96 << 16) | sequence, sequence * 450);
        table.setTransport(sequence);
      }
      engine.fanout(packet, table);
    }
    engine.flush();
  };
  return { name, burstPackets, burst };
}

/** Runs one kind for a while at the pace of a stream. */
async function usPerPacketViewer(kind: Kind, seconds: number): Promise<number> {
  const bursts = Math.round((seconds * packetsPerSecond) / kind.burstPackets);
  const everyMs = (1_000 * kind.burstPackets) / packetsPerSecond;
  const receivedBefore = sink.received();
  // Of the whole run and not of the bursts alone: some of Node's own sending happens later in the event loop.
  const cpuBeforeUs = sink.threadCpuUs();
  const startMs = performance.now();
  for (let burst = 0; burst < bursts; burst++) {
    const dueMs = startMs + burst * everyMs;
    // Behind its time, as the TypeScript engine may be, it still lets the event loop turn.
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    else await nextTurn();
    kind.burst();
  }
  await nextTurn();
  const cpuUs = sink.threadCpuUs() - cpuBeforeUs;
  const wanted = bursts * kind.burstPackets * viewers;
  for (let wait = 0; wait < 50 && sink.received() - receivedBefore < wanted; wait++) await sleep(20);
  const lost = wanted - (sink.received() - receivedBefore);
  if (lost > 0) console.error(`${kind.name}: ${lost} of ${wanted} packets were lost on the way`);
  return cpuUs / wanted;
}

function costOf(costs: ReadonlyMap<string, number>, name: string): number {
  return costs.get(name) ?? Number.NaN;
}

function ratio(name: string): number {
  return rounded(median(rounds.map((costs) => costOf(costs, name) / costOf(costs, 'bare'))));
}
