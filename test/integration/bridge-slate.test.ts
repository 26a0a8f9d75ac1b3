import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import type { TapPacket } from '#src/core/media.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { probe, record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack, videoTrack } from '../unit/bridge/units.ts';
import { fragments, openRig, until, type Rig } from './bridge-source.ts';

/** 20 frames at 30 per second, with a keyframe every ten. */
const videoLoopMs = 2000 / 3;
let ffmpeg: FfmpegFound;
let folder = '';
let h264: readonly TapPacket[] = [];
let opus: readonly TapPacket[] = [];
let open: Rig[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slate-test-'));
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  h264 = await record({ codec: 'h264', args: [...testVideo(20, '426x240'), ...encoders.h264] });
  opus = (await record({ codec: 'opus', args: [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'] })).slice(
    0,
    50,
  );
}, 60_000);
afterEach(async () => {
  for (const { bridge } of open) await bridge[Symbol.asyncDispose]();
  open = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(slate: string, more: { readonly ladder?: StreamLadder; readonly opus?: boolean } = {}): Rig {
  const { ladder, opus: alsoOpus = false } = more;
  const config = { slate, opus: alsoOpus };
  const rig = openRig(ffmpeg, [videoTrack('h264'), audioTrack], config, ladder ? { ladder } : {});
  open.push(rig);
  back(rig);
  return rig;
}

function back({ publisher }: Rig): void {
  publisher.play(h264, videoLoopMs);
  publisher.play(opus, 1_000);
}

function away({ publisher }: Rig): void {
  publisher.stop('video');
  publisher.stop('audio');
}

const plays = (rig: Rig, epoch: number, rendition: string): boolean =>
  fragments(rig.epochs[epoch]?.bytes.get(rendition)) >= 10;

test('while the publisher is away there is a slate in every rendition, and it gives way when media returns', async () => {
  const ladder = new StreamLadder('ladder-2', new CoreBudget(64).claim());
  const rig = start('card', { ladder, opus: true });
  const renditions = ['v0', 'v1', 'a0', 'a1'];
  await until('media', () => renditions.every((rendition) => plays(rig, 0, rendition)));
  expect(rig.bridge.report.slate).toEqual({ showing: false });
  away(rig);
  await until('the slate', () => renditions.every((rendition) => plays(rig, 1, rendition)));
  expect(rig.epochs[1]?.epoch.tracks.map(({ rendition }) => rendition)).toEqual(renditions);
  expect(rig.bridge.report).toMatchObject({ state: 'waiting', slate: { showing: true }, restarts: 0 });
  back(rig);
  await until('media again', () => plays(rig, 2, 'v0') && plays(rig, 2, 'v1'));
  expect(rig.bridge.report).toMatchObject({ state: 'running', slate: { showing: false }, restarts: 0 });
  await rig.epochs[1]?.ended;
  const path = join(folder, 'slate.mp4');
  await writeFile(path, rig.epochs[1]?.bytes.get('v0') ?? '');
  expect((await probe(path))[0]).toMatchObject({ codec_name: 'h264', width: 426, height: 240 });
  const numbers = rig.epochs.map(({ epoch }) => epoch.epoch);
  expect(numbers).toEqual([1, 2, 3]);
}, 60_000);

test('a video file is played again and again', async () => {
  const path = join(folder, 'clip.mp4');
  await promisify(execFile)('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=0.4'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', path],
  ]);
  const rig = start(path);
  await until('media', () => plays(rig, 0, 'v0'));
  away(rig);
  // Longer than the file.
  await until('the slate', () => fragments(rig.epochs[1]?.bytes.get('v0')) >= 30);
  expect(rig.bridge.report.slate).toEqual({ showing: true });
}, 60_000);

test.each([
  ['is missing', async () => Promise.resolve(join(folder, 'nowhere.png')), /nowhere\.png.*No such file/],
  [
    'is no picture',
    async () => {
      const path = join(folder, 'text.png');
      await writeFile(path, 'no picture at all');
      return path;
    },
    /text\.png cannot be shown: \S/,
  ],
  [
    'refers to the network',
    async () => {
      const path = join(folder, 'list.ffconcat');
      await writeFile(path, "ffconcat version 1.0\nfile 'http://127.0.0.1:9/clip.mp4'\n");
      return path;
    },
    /list\.ffconcat cannot be shown/,
  ],
] as const)(
  'a file that %s is told of, and the stream is none the worse',
  async (_, make, says) => {
    const rig = start(await make());
    await until('media', () => plays(rig, 0, 'v0'));
    away(rig);
    await until('a reason', () => rig.bridge.report.slate?.problem !== undefined);
    expect(rig.bridge.report.slate).toMatchObject({ showing: false });
    expect(rig.bridge.report.slate?.problem).toMatch(says);
    back(rig);
    await until('media again', () => plays(rig, rig.epochs.length - 1, 'v0') && rig.epochs.length > 1);
    expect(rig.bridge.report).toMatchObject({ state: 'running', restarts: 0, problem: undefined });
  },
  60_000,
);
