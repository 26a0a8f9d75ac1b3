import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import type { TapPacket, Track } from '#src/core/media.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import type { LadderName } from '#src/bridge/ladder.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { probe, record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack } from '../unit/bridge/units.ts';
import { fragments, openRig, until, type Collected, type Rig } from './bridge-source.ts';
import { LayeredPublisher } from './layer-source.ts';

/** 20 frames at 30 per second, with a keyframe every ten. */
const videoLoopMs = 2000 / 3;
const pictureMs = 100 / 3;
const sizes = ['854x480', '426x240', '214x120'];
const video: Track = { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: '', rids: ['f', 'h', 'q'] };

let ffmpeg: FfmpegFound;
let folder = '';
let layers: readonly (readonly TapPacket[])[] = [];
let opus: readonly TapPacket[] = [];
let open: AsyncDisposable[] = [];
let disposables: Disposable[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layers-test-'));
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  layers = await Promise.all(
    sizes.map((size) => record({ codec: 'h264', args: [...testVideo(20, size), ...encoders.h264] })),
  );
  const audio = await record({ codec: 'opus', args: [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'] });
  opus = audio.slice(0, 50);
}, 60_000);
afterEach(async () => {
  for (const each of open.toReversed()) await each[Symbol.asyncDispose]();
  for (const each of disposables) each[Symbol.dispose]();
  open = [];
  disposables = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface LayeredRig extends Rig {
  readonly layered: LayeredPublisher;
}

function start(name: LadderName = 'passthrough', onEpoch?: (epoch: CmafEpoch) => void): LayeredRig {
  const layered = new LayeredPublisher();
  const ladder = new StreamLadder(name, new CoreBudget(64).claim());
  const rig = openRig(
    ffmpeg,
    [video, audioTrack],
    {},
    { ladder, ...(onEpoch && { onEpoch }), layers: (heard) => layered.listen(heard) },
  );
  open.push(rig.bridge);
  disposables.push(layered);
  return { ...rig, layered };
}

function playAll({ layered, publisher }: LayeredRig): void {
  for (const [layer, packets] of layers.entries()) layered.play(layer, packets, videoLoopMs);
  publisher.play(opus, 1_000);
}

function samplesOf(collected: Collected | undefined, rendition: string): readonly TimedSample[] {
  const samples: TimedSample[] = [];
  new TrackReader({ init: () => undefined, sample: (sample) => samples.push(sample) }).push(
    collected?.bytes.get(rendition) ?? new Uint8Array(),
  );
  return samples;
}

async function facts(collected: Collected | undefined, rendition: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${rendition}.mp4`);
  await writeFile(file, collected?.bytes.get(rendition) ?? new Uint8Array());
  const [stream] = await probe(file);
  return stream ?? {};
}

const renditions = (collected: Collected | undefined): readonly string[] =>
  collected?.epoch.tracks.map(({ rendition }) => rendition) ?? [];

test('three layers become three rungs from the first picture on, copied, picture by picture at the same times', async () => {
  const rig = start('ladder-3');
  playAll(rig);
  const { bridge, epochs } = rig;
  await until('a second of the smallest', () => fragments(epochs[0]?.bytes.get('v2')) >= 30);
  console.log(JSON.stringify(bridge.report));
  expect(bridge.report).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0, epoch: 1 });
  expect(bridge.report.ladder).toMatchObject({
    ...{ rungs: [], withheld: [] },
    layers: [
      { rid: 'h', width: 426, height: 240, rendition: 'v1', problem: undefined },
      { rid: 'q', width: 214, height: 120, rendition: 'v2', problem: undefined },
    ],
  });
  await bridge[Symbol.asyncDispose]();
  const [only] = epochs;
  await only?.ended;
  expect(renditions(only)).toEqual(['v0', 'v1', 'v2', 'a0']);
  const top = samplesOf(only, 'v0');
  for (const id of ['v1', 'v2']) {
    const rung = samplesOf(only, id);
    const shared = Math.min(rung.length, top.length);
    expect(Math.abs(rung.length - top.length)).toBeLessThan(3);
    expect(rung.slice(0, shared).map(({ decodeTicks, independent }) => [decodeTicks, independent])).toEqual(
      top.slice(0, shared).map(({ decodeTicks, independent }) => [decodeTicks, independent]),
    );
  }
  expect(await facts(only, 'v0')).toMatchObject({ codec_name: 'h264', width: 854, height: 480 });
  expect(await facts(only, 'v1')).toMatchObject({ codec_name: 'h264', width: 426, height: 240 });
  expect(await facts(only, 'v2')).toMatchObject({ codec_name: 'h264', width: 214, height: 120 });
}, 60_000);
