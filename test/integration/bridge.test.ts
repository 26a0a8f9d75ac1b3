import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TapPacket, Track } from '#src/core/media.ts';
import type { BridgeConfig } from '#src/bridge/config.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { probe, record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack, videoTrack } from '../unit/bridge/units.ts';
import type { Collected, Rig } from './bridge-source.ts';
import { fragments, missedMs, openRig, until } from './bridge-source.ts';

let ffmpeg: FfmpegFound;
let folder = '';
let h264: readonly TapPacket[] = [];
let h264Small: readonly TapPacket[] = [];
let vp8: readonly TapPacket[] = [];
let opus: readonly TapPacket[] = [];
let open: Rig[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-test-'));
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  h264 = await record({ codec: 'h264', args: [...testVideo(20), ...encoders.h264] });
  h264Small = await record({ codec: 'h264', args: [...testVideo(20, '160x90'), ...encoders.h264] });
  vp8 = await record({ codec: 'vp8', args: [...testVideo(20), ...encoders.vp8] });
  // Whole packets only, so that the loop has no seam.
  const audio = await record({ codec: 'opus', args: [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'] });
  opus = audio.slice(0, 50);
});
afterEach(async () => {
  for (const { bridge } of open) await bridge[Symbol.asyncDispose]();
  open = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 20 frames at 30 per second. */
const videoLoopMs = 2000 / 3;
const audioLoopMs = 1000;

function start(tracks: readonly Track[], config: Partial<BridgeConfig> = {}): Rig {
  const rig = openRig(ffmpeg, tracks, config);
  open.push(rig);
  return rig;
}

function nth(epochs: readonly Collected[], index: number): Collected {
  const epoch = epochs[index];
  if (!epoch) throw new Error(`no epoch ${String(index)}`);
  return epoch;
}

async function facts(collected: Collected, rendition: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${String(collected.epoch.epoch)}-${rendition}.mp4`);
  await writeFile(file, collected.bytes.get(rendition) ?? new Uint8Array());
  const [stream] = await probe(file);
  return stream ?? {};
}

test('H.264 passes through and Opus becomes AAC, one fMP4 per track, at their times', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264'), audioTrack]);
  publisher.play(h264, videoLoopMs);
  publisher.play(opus, audioLoopMs);
  await until('two seconds of video', () => fragments(epochs[0]?.bytes.get('v0')) >= 60);
  await until('two seconds of audio', () => fragments(epochs[0]?.bytes.get('a0')) >= 90);
  expect(bridge.report).toMatchObject({
    state: 'running',
    video: 'passthrough',
    audio: 'transcode',
    restarts: 0,
  });
  expect(bridge.report.problem).toBeUndefined();
  expect(publisher.keyframeRequests).toBeLessThanOrEqual(1);
  await bridge[Symbol.asyncDispose]();
  const only = nth(epochs, 0);
  await only.ended;
  expect(epochs.length).toBe(1);
  expect(only.epoch).toMatchObject({ epoch: 1, baseMediaTimeMs: 10_000 });
  expect(Math.abs(only.epoch.startedWallMs - Date.now())).toBeLessThan(60_000);
  const video = await facts(only, 'v0');
  expect(video).toMatchObject({ codec_name: 'h264', width: 320, height: 180, start_time: '10.000000' });
  expect(Number(video['nb_read_frames'])).toBe(fragments(only.bytes.get('v0')));
  const audio = await facts(only, 'a0');
  expect(audio).toMatchObject({ codec_name: 'aac', channels: 2, sample_rate: '48000' });
  expect(Number(audio['start_time'])).toBeGreaterThan(9.9);
  expect(Number(audio['start_time'])).toBeLessThan(10.2);
});

test('VP8 becomes H.264 with a keyframe wherever the publisher has one', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('vp8')]);
  publisher.play(vp8, videoLoopMs);
  await until('a second of video', () => fragments(epochs[0]?.bytes.get('v0')) >= 35);
  expect(bridge.report).toMatchObject({ state: 'running', video: 'transcode', audio: 'none' });
  await bridge[Symbol.asyncDispose]();
  const only = nth(epochs, 0);
  await only.ended;
  expect(only.epoch.tracks.map((track) => track.rendition)).toEqual(['v0']);
  const stream = await facts(only, 'v0');
  expect(stream).toMatchObject({ codec_name: 'h264', width: 320, height: 180, start_time: '10.000000' });
  expect(Number(stream['nb_read_frames'])).toBe(fragments(only.bytes.get('v0')));
});

test('audio alone is enough', async () => {
  const { bridge, publisher, epochs } = start([audioTrack]);
  publisher.play(opus, audioLoopMs);
  await until('half a second of audio', () => fragments(epochs[0]?.bytes.get('a0')) >= 25);
  expect(bridge.report).toMatchObject({ state: 'running', video: 'none', audio: 'transcode' });
});

test('Opus is copied beside AAC where it is wished, in time with it', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264'), audioTrack], { opus: true });
  publisher.play(h264, videoLoopMs);
  publisher.play(opus, audioLoopMs);
  await until('a second of Opus', () => fragments(epochs[0]?.bytes.get('a1')) >= 50);
  await bridge[Symbol.asyncDispose]();
  const only = nth(epochs, 0);
  await only.ended;
  expect(only.epoch.tracks.map(({ rendition }) => rendition)).toEqual(['v0', 'a0', 'a1']);
  const [aac, copied] = [await facts(only, 'a0'), await facts(only, 'a1')];
  expect(copied).toMatchObject({ codec_name: 'opus', channels: 2, sample_rate: '48000' });
  // The AAC encoder begins with 21 ms of priming.
  const aheadMs = (Number(copied['start_time']) - Number(aac['start_time'])) * 1_000;
  expect(aheadMs).toBeGreaterThan(-10);
  expect(aheadMs).toBeLessThan(50);
});

test('audio that never comes is silence, so that players go on', async () => {
  const { publisher, epochs } = start([videoTrack('h264'), audioTrack]);
  publisher.play(h264, videoLoopMs);
  await until('a second of audio', () => fragments(epochs[0]?.bytes.get('a0')) >= 50);
});

test('a killed FFmpeg comes back as a new epoch that goes on with the very next picture', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264'), audioTrack]);
  publisher.play(h264, videoLoopMs);
  publisher.play(opus, audioLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  const { pid } = bridge.report;
  process.kill(pid ?? 0, 'SIGKILL');
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
  await nth(epochs, 0).ended;
  expect(bridge.report).toMatchObject({ state: 'running', epoch: 2, restarts: 1 });
  expect(bridge.report.pid).not.toBe(pid);
  expect(Math.abs(missedMs(nth(epochs, 0), nth(epochs, 1)))).toBeLessThan(5);
  expect(bridge.report.framesDropped).toBe(0);
});

test('a hanging FFmpeg is replaced', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264')], { stallTimeoutMs: 1_000 });
  publisher.play(h264, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  process.kill(bridge.report.pid ?? 0, 'SIGSTOP');
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
  expect(bridge.report).toMatchObject({ state: 'running', epoch: 2, restarts: 1 });
});

test('another picture size begins a new epoch, in order and without counting as a failure', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264')]);
  publisher.play(h264, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  publisher.play(h264Small, videoLoopMs);
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
  expect(bridge.report).toMatchObject({ state: 'running', epoch: 2, restarts: 0 });
  await bridge[Symbol.asyncDispose]();
  expect(await facts(nth(epochs, 0), 'v0')).toMatchObject({ width: 320 });
  expect(await facts(nth(epochs, 1), 'v0')).toMatchObject({ width: 160 });
});

test('pictures in decoding order (B-frames) that FFmpeg stamps with the times of the screen pass through', async () => {
  const reordered = await record({
    codec: 'h264',
    args: [
      ...testVideo(20),
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-bf',
      '2',
      '-g',
      '10',
      '-bsf:v',
      'dump_extra',
    ],
  });
  const { bridge, publisher, epochs } = start([videoTrack('h264')]);
  publisher.play(reordered, videoLoopMs);
  await until('a second of video', () => fragments(epochs[0]?.bytes.get('v0')) >= 30);
  expect(bridge.report).toMatchObject({ state: 'running', video: 'passthrough', epoch: 1, restarts: 0 });
  await bridge[Symbol.asyncDispose]();
  const stream = await facts(nth(epochs, 0), 'v0');
  expect(Number(stream['nb_read_frames'])).toBe(fragments(nth(epochs, 0).bytes.get('v0')));
});

test('an encoded stream that grows gets a larger output, one that shrinks keeps its own', async () => {
  const small = await record({ codec: 'vp8', args: [...testVideo(20, '160x90'), ...encoders.vp8] });
  const { bridge, publisher, epochs } = start([videoTrack('vp8')]);
  publisher.play(small, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  publisher.play(vp8, videoLoopMs);
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
  publisher.play(small, videoLoopMs);
  await until('video goes on', () => fragments(epochs[1]?.bytes.get('v0')) >= 50);
  await bridge[Symbol.asyncDispose]();
  expect(epochs.length).toBe(2);
  expect(await facts(nth(epochs, 0), 'v0')).toMatchObject({ width: 160, height: 90 });
  expect(await facts(nth(epochs, 1), 'v0')).toMatchObject({ width: 320, height: 180 });
});

test('another codec of a publisher that takes over begins a new epoch', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264')]);
  publisher.play(h264, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  bridge.setTracks([videoTrack('vp8')]);
  publisher.play(vp8, videoLoopMs);
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
  expect(bridge.report).toMatchObject({ video: 'transcode', epoch: 2, restarts: 0 });
});

test('a publisher that pauses ends the epoch cleanly; its return begins another', async () => {
  const { bridge, publisher, epochs } = start([videoTrack('h264')], { pauseGraceMs: 500 });
  publisher.play(h264, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 10);
  publisher.stop('video');
  bridge.setTracks([]);
  await nth(epochs, 0).ended;
  expect(bridge.report).toMatchObject({ state: 'waiting', pid: undefined, restarts: 0 });
  bridge.setTracks([videoTrack('h264')]);
  publisher.play(h264, videoLoopMs);
  await until('the second epoch', () => fragments(epochs[1]?.bytes.get('v0')) >= 10);
});

test('a program that is no FFmpeg makes the bridge say so, again and again, without harm', async () => {
  const rig = openRig({ path: '/bin/false', version: '0' }, [videoTrack('h264')]);
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  await until('a problem', () => rig.bridge.report.restarts >= 2);
  expect(rig.bridge.report).toMatchObject({ state: 'restarting', pid: undefined });
  expect(rig.bridge.report.problem).toMatch(/./);
  expect(rig.epochs).toEqual([]);
});

test('nothing is left behind in the temporary folder', async () => {
  const ours = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(`frontrow-${String(process.pid)}-`));
  const before = await ours();
  const { bridge, publisher, epochs } = start([videoTrack('h264')]);
  publisher.play(h264, videoLoopMs);
  await until('video', () => fragments(epochs[0]?.bytes.get('v0')) >= 5);
  expect((await ours()).length).toBeGreaterThan(0);
  await bridge[Symbol.asyncDispose]();
  const after = await ours();
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});
