/**
 * CPU of the packager: what one 1080p30 H.264 stream of 5 Mbit/s with Opus costs on its way to LL-HLS. The video passes
 * through, the audio becomes AAC; with `--shape ladder` two smaller rungs are encoded beside the copy, with `--shape simulcast`
 * the publisher sends 720p and 360p of 2 and 0.6 Mbit/s, too, and these are copied. FFmpeg's share is its own process time. The
 * gateway's share (bridge and packaging) cannot be told apart inside the process, so it is a difference: the gateway's process
 * time with the bridge running, minus the same with no FFmpeg to be found, which leaves the forwarding alone. What one low-latency reader costs on top (rendering
 * and serving every playlist and part) is measured the same way and told apart. All are taken in turn, several times, and
 * the median counts; publisher and reader run in this process and are in none of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cleanup } from 'node-datachannel';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

import { readLowLatency } from '../kit/low-latency-reader.ts';
import { median, rounded } from '../kit/statistics.ts';
import { coresUsed } from './process-cpu.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    shape: { type: 'string', default: 'passthrough' },
  },
});
/** Settings of each shape of a stream. */
const shapes = new Map<string, Readonly<Record<string, string>>>([
  ['passthrough', {}],
  ['ladder', { FRONTROW_BRIDGE__LADDER: 'ladder-3' }],
  // The same three qualities, as the publisher makes them.
  ['simulcast', { FRONTROW_BRIDGE__LADDER: 'ladder-3' }],
]);
const settings = shapes.get(values.shape);
if (settings === undefined) throw new Error(`--shape is one of ${[...shapes.keys()].join(', ')}`);
const measureMs = Number(values.seconds) * 1000;
const settleMs = 4_000;

/** With --json, standard output is one line for a script. */
const say = (text: string): void => {
  if (values.json) console.error(text);
  else console.log(text);
};
say('encoding 8 s of 1080p30 at 5 Mbit/s');
// Pure tones are the worst case of the AAC encoder (ffmpeg/README.md), and nobody's programme.
const of = { codec: 'h264', seconds: 8, keyframeSeconds: 2, sound: 'noisy' } as const;
const recording = await makeRecording({ ...of, width: 1920, height: 1080, bitrateBps: 5_000_000 });
const layers: Recording[] = [];
if (values.shape === 'simulcast') {
  layers.push(await makeRecording({ ...of, width: 1280, height: 720, bitrateBps: 2_000_000 }));
  layers.push(await makeRecording({ ...of, width: 640, height: 360, bitrateBps: 600_000 }));
}

const ffmpegCores: number[] = [];
const bridgedCores: number[] = [];
const plainCores: number[] = [];
const readCores: number[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const plain = await measurePlain(recording);
  const { gateway, read, ffmpeg } = await measureBridged(recording);
  plainCores.push(plain);
  bridgedCores.push(gateway);
  readCores.push(read);
  ffmpegCores.push(ffmpeg);
  const [without, bridged, reading, encoder] = [plain, gateway, read, ffmpeg].map((cores) =>
    cores.toFixed(3),
  );
  say(
    `round ${round}: gateway ${without} cores without bridge, ${bridged} with, ${reading} with a reader; FFmpeg ${encoder}`,
  );
}
const gatewayCores = Math.max(0, median(bridgedCores) - median(plainCores));
const summary = {
  shape: values.shape,
  packagerCores: rounded(gatewayCores + median(ffmpegCores), 3),
  ffmpegCores: rounded(median(ffmpegCores), 3),
  gatewayCores: rounded(gatewayCores, 3),
  readerCores: rounded(Math.max(0, median(readCores) - median(bridgedCores)), 3),
};
if (!values.json)
  for (const [name, cores] of Object.entries(summary)) console.log(`${name.padEnd(14)} ${cores}`);
console.log(JSON.stringify(summary));
// The publisher's native threads would keep this process alive.
cleanup();

async function measurePlain(media: Recording): Promise<number> {
  await using gateway = await startGateway({ env: { FRONTROW_BRIDGE__FFMPEG_PATH: '/nonexistent/ffmpeg' } });
  await using publisher = await publish(gateway, media);
  await sleep(settleMs);
  const [cores] = await coresUsed([gateway.pid], () => sleep(measureMs));
  if (publisher.connection !== 'connected') throw new Error('the publisher fell off');
  return cores ?? 0;
}

interface BridgedCores {
  readonly gateway: number;
  /** The gateway's again, while one reader follows the stream. */
  readonly read: number;
  readonly ffmpeg: number;
}

async function measureBridged(media: Recording): Promise<BridgedCores> {
  await using gateway = await startGateway({ env: settings ?? {} });
  await using publisher = await publish(gateway, media);
  const ready = async (): Promise<boolean | undefined> => (await gateway.stream('packager'))?.hls?.ready;
  await until('the playlist is ready', ready, { timeoutMs: 30_000 });
  await sleep(settleMs);
  const pid = (await gateway.stream('packager'))?.bridge?.pid ?? 0;
  const [own, ffmpeg] = await coresUsed([gateway.pid, pid], () => sleep(measureMs));
  const stop = new AbortController();
  const reading = readLowLatency(gateway.url('/hls/packager/index.m3u8'), stop.signal);
  await sleep(settleMs);
  const [read] = await coresUsed([gateway.pid], () => sleep(measureMs));
  stop.abort();
  await reading;
  if (publisher.connection !== 'connected') throw new Error('the publisher fell off');
  return { gateway: own ?? 0, read: read ?? 0, ffmpeg: ffmpeg ?? 0 };
}

async function publish(gateway: Gateway, media: Recording): Promise<ObsPublisher> {
  const whipUrl = gateway.url('/whip/packager');
  const publisher = await ObsPublisher.open({ whipUrl, recording: media, layers });
  await until('the stream is live', async () => (await gateway.stream('packager'))?.live, {
    timeoutMs: 20_000,
  });
  return publisher;
}
