/**
 * CPU, memory and delay of WebRTC viewers: one publisher, 500 real DTLS/SRTP viewers that check every tag and number. The
 * gateway is the product in a process of its own, LL-HLS on; its FFmpeg is another process and not counted. Publisher and
 * viewers are C++ threads of this process: viewers send reports every second, transport-wide feedback every 100 ms, consent
 * checks every 2.5 s, and NACKs for 0.1 % of the packets, which they throw away to be sent again. The stream is a recording,
 * paced as browsers pace, about 150 video and 50 audio packets a second with a keyframe every 2 s. Rounds alternate a
 * measured stretch with a bare send (sendmmsg of the same sizes at the same times to as many sockets, publisher paused);
 * figures are medians over rounds. Forwarding delay runs from the publisher's send to the kernel's stamp of arrival; the bare
 * send has its own, from when each datagram was due: what this machine cannot do better without any gateway.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { endOnSignals } from '../kit/ends.ts';
import { openStage, type Stage } from '../kit/stage.ts';
import { median, rounded } from '../kit/statistics.ts';
import { rssBytesOf } from '../kit/usage.ts';
import { measureRound, type Round, tellRound, tellThreads } from './rounds.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    viewers: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '5' },
    workers: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    // Viewers seated a second: each costs the gateway a handshake.
    seating: { type: 'string', default: '25' },
  },
});
const viewers = Number(values.viewers);
const few = Math.min(10, viewers);
const settleMs = 10_000;
const behaviour = { group: 0, pretendLossPpm: 1_000 } as const;

endOnSignals();
await using stage = await openStage({
  viewers,
  workers: values.workers,
  engine: values.engine,
});
const { clients } = stage;
await stage.seat(few, Number(values.seating), behaviour);
await sleep(settleMs);
const fewRssBytes = await calmRss(stage);
console.log(`${few} viewers: ${rounded(fewRssBytes / 2 ** 20, 1)} MiB; seating ${viewers - few} more`);
await stage.seat(viewers - few, Number(values.seating), behaviour);
await sleep(settleMs);
const rssBytes = await calmRss(stage);
console.log(`${viewers} viewers: ${rounded(rssBytes / 2 ** 20, 1)} MiB`);

const rounds: Round[] = [];
for (let number = 1; number <= Number(values.rounds); number++) {
  const round = await measureRound(stage, { viewers, measureMs: Number(values.seconds) * 1000 });
  rounds.push(round);
  tellRound(number, round);
}
tellThreads(rounds);
// Numbers that are still asked for are found or given up by now.
await sleep(2_000);
const end = clients.group(0);
console.log(
  `in all ${end.packets} packets, ${end.holes} holes (${end.kernelDrops} by this process reading late), ` +
    `${end.badTags} bad tags, ${end.duplicates} duplicates, ${end.probes} probes; ` +
    `thrown away ${end.pretended}, of which ${end.pretendedLost} never came again; ` +
    `${end.reports} reports, ${end.feedbacks} transport-wide feedbacks, ${end.nacks} NACKs, ${end.failed} viewers fell off`,
);
const bareUs = median(rounds.map((round) => round.bareUs));
const usPerPacket = median(rounds.map((round) => round.usPerPacket));
const summary = {
  viewers: end.secure,
  mcpuPerViewer: rounded(median(rounds.map((round) => (round.cores * 1000) / viewers)), 3),
  overBareSend: rounded(median(rounds.map((round) => round.usPerPacket / round.bareUs))),
  lost: end.lost + end.pretendedLost,
  rssKiBPerViewer: rounded((rssBytes - fewRssBytes) / 1024 / Math.max(1, viewers - few), 1),
  forwardP99Ms: rounded(median(rounds.map((round) => round.p99Ms))),
  engine: stage.engine,
  forwardP50Ms: rounded(median(rounds.map((round) => round.p50Ms))),
  bareP50Ms: rounded(median(rounds.map((round) => round.bareP50Ms))),
  bareP99Ms: rounded(median(rounds.map((round) => round.bareP99Ms))),
  forwardMaxMs: rounded(Math.max(...rounds.map((round) => round.maxMs))),
  usPerPacketViewer: rounded(usPerPacket, 3),
  bareSendUs: rounded(bareUs, 3),
  holes: end.holes,
  badTags: end.badTags,
};
if (!values.json)
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(18)} ${value}`);
console.log(JSON.stringify(summary));

/** Memory moves with every collection: the middle of some looks. */
async function calmRss({ gateway: { pid } }: Stage): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 10; look++) {
    looks.push(rssBytesOf(pid));
    await sleep(500);
  }
  return median(looks);
}
