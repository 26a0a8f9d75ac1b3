import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#src/core/clock.ts';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import type { TapPacket } from '#src/core/media.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import type { LadderName } from '#src/core/ladder.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { Packagers, read } from '#test/kit/hls-packager.ts';
import { openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { probe, record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack, videoTrack } from '../unit/bridge/units.ts';
import { fragments, openRig, reachedSegment, until, type Collected, type Rig } from './bridge-source.ts';

/** 20 frames at 30 per second, with a keyframe every ten. */
const videoLoopMs = 2000 / 3;
const size = '854x480';

let ffmpeg: FfmpegFound;
let folder = '';
let h264: readonly TapPacket[] = [];
let opus: readonly TapPacket[] = [];
const packagers = new Packagers();
let open: Rig[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ladder-test-'));
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  h264 = await record({ codec: 'h264', args: [...testVideo(20, size), ...encoders.h264] });
  const audio = await record({ codec: 'opus', args: [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'] });
  opus = audio.slice(0, 50);
}, 60_000);
afterEach(async () => {
  for (const { bridge } of open) await bridge[Symbol.asyncDispose]();
  open = [];
  await packagers[Symbol.asyncDispose]();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(codec: 'h264' | 'vp8', name: LadderName, budget = new CoreBudget(64)): Rig {
  const ladder = new StreamLadder(name, budget.claim());
  const rig = openRig(ffmpeg, [videoTrack(codec), audioTrack], {}, { ladder });
  open.push(rig);
  return rig;
}

function samplesOf(collected: Collected | undefined, rendition: string): readonly TimedSample[] {
  const samples: TimedSample[] = [];
  new TrackReader({ init: () => undefined, sample: (sample) => samples.push(sample) }).push(
    collected?.bytes.get(rendition) ?? new Uint8Array(),
  );
  return samples;
}

/** When keyframes are shown. */
const keyframesMs = (samples: readonly TimedSample[]): readonly number[] =>
  samples
    .filter(({ independent }) => independent)
    .map(({ startMs, offsetTicks }) => Math.round(startMs + offsetTicks / 100));

async function facts(collected: Collected | undefined, rendition: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${rendition}.mp4`);
  await writeFile(file, collected?.bytes.get(rendition) ?? new Uint8Array());
  const [stream] = await probe(file);
  return stream ?? {};
}

test('H.264 is copied as the top, two rungs are encoded below it, picture by picture at the same times', async () => {
  const { bridge, publisher, epochs } = start('h264', 'ladder-3');
  publisher.play(h264, videoLoopMs);
  publisher.play(opus, 1_000);
  await until('a second of the lowest', () => fragments(epochs[0]?.bytes.get('v2')) >= 30);
  expect(bridge.report).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0 });
  expect(bridge.report.ladder).toMatchObject({ name: 'ladder-3', withheld: [] });
  expect(bridge.report.ladder?.rungs.map(({ width, height }) => [width, height])).toEqual([
    [480, 270],
    [256, 144],
  ]);
  await bridge[Symbol.asyncDispose]();
  const [only] = epochs;
  await only?.ended;
  expect(only?.epoch.tracks.map(({ rendition }) => rendition)).toEqual(['v0', 'v1', 'v2', 'a0']);
  const top = samplesOf(only, 'v0');
  for (const id of ['v1', 'v2']) {
    const rung = samplesOf(only, id);
    // FFmpeg was told to end somewhere between the last picture of the one and of the other.
    expect(Math.abs(rung.length - top.length)).toBeLessThan(3);
    const length = Math.min(rung.length, top.length);
    const timesOf = (samples: readonly TimedSample[]): unknown =>
      samples.slice(0, length).map(({ decodeTicks, independent }) => [decodeTicks, independent]);
    expect(timesOf(rung)).toEqual(timesOf(top));
  }
  expect(await facts(only, 'v1')).toMatchObject({ codec_name: 'h264', width: 480, height: 270 });
  expect(await facts(only, 'v2')).toMatchObject({ codec_name: 'h264', width: 256, height: 144 });
}, 60_000);

test('a stream with B-frames keeps them in the copy; the rungs show the same pictures at the same times', async () => {
  const options = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '10', '-bsf:v', 'dump_extra'];
  const reordered = await record({ codec: 'h264', args: [...testVideo(20, size), ...options] });
  const { bridge, publisher, epochs } = start('h264', 'ladder-2');
  publisher.play(reordered, videoLoopMs);
  await until('a second of the rung', () => fragments(epochs.at(-1)?.bytes.get('v1')) >= 30);
  await bridge[Symbol.asyncDispose]();
  const last = epochs.at(-1);
  await last?.ended;
  const top = samplesOf(last, 'v0');
  expect(top.some(({ offsetTicks }) => offsetTicks > 0)).toBe(true);
  const shownMs = top
    .map(({ startMs, offsetTicks }) => startMs + offsetTicks / 100)
    .toSorted((one, other) => one - other);
  const rung = samplesOf(last, 'v1');
  expect(Math.abs(rung.length - top.length)).toBeLessThan(3);
  for (const [index, { startMs }] of rung.slice(0, 30).entries())
    expect(Math.abs(startMs - (shownMs[index] ?? 0))).toBeLessThan(0.1);
  expect(keyframesMs(rung).slice(0, 3)).toEqual(keyframesMs(top).slice(0, 3));
}, 60_000);

test('VP8 is encoded for every rung, the top included', async () => {
  const vp8 = await record({ codec: 'vp8', args: [...testVideo(20, '640x360'), ...encoders.vp8] });
  const { bridge, publisher, epochs } = start('vp8', 'ladder-2');
  publisher.play(vp8, videoLoopMs);
  await until('a second of the rung', () => fragments(epochs[0]?.bytes.get('v1')) >= 30);
  expect(bridge.report).toMatchObject({ video: 'transcode' });
  await bridge[Symbol.asyncDispose]();
  const [only] = epochs;
  await only?.ended;
  expect(await facts(only, 'v0')).toMatchObject({ width: 640, height: 360 });
  expect(await facts(only, 'v1')).toMatchObject({ width: 320, height: 180 });
  expect(keyframesMs(samplesOf(only, 'v1'))).toEqual(keyframesMs(samplesOf(only, 'v0')));
}, 60_000);

test('a rung that must go is gone with the next keyframe, in order; the copied top and the smallest stay', async () => {
  const budget = new CoreBudget(64);
  const claim = budget.claim();
  const ladder = new StreamLadder('ladder-3', claim);
  const rig = openRig(ffmpeg, [videoTrack('h264')], {}, { ladder });
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  await until('all rungs', () => fragments(rig.epochs[0]?.bytes.get('v2')) >= 10);
  claim.lags(systemClock.nowMs());
  await until('the next epoch', () => fragments(rig.epochs[1]?.bytes.get('v2')) >= 10);
  expect(rig.epochs.map(({ epoch }) => epoch.tracks.map(({ rendition }) => rendition))).toEqual([
    ['v0', 'v1', 'v2'],
    ['v0', 'v2'],
  ]);
  expect(rig.bridge.report).toMatchObject({
    ...{ state: 'running', video: 'passthrough', restarts: 0 },
    ladder: { withheld: ['v1'], reason: 'FFmpeg did not keep up with the publisher' },
  });
  // Nothing of the picture is missing in between: one ends where the next begins.
  const before = samplesOf(rig.epochs[0], 'v0');
  expect(before.length % 10).toBe(0);
}, 60_000);

test('another picture size begins a new epoch with rungs that fit it', async () => {
  const small = await record({ codec: 'h264', args: [...testVideo(20, '320x240'), ...encoders.h264] });
  const { bridge, publisher, epochs } = start('h264', 'ladder-3');
  publisher.play(h264, videoLoopMs);
  await until('the first rungs', () => fragments(epochs[0]?.bytes.get('v2')) >= 10);
  publisher.play(small, videoLoopMs);
  await until('the rung of the smaller picture', () => fragments(epochs[1]?.bytes.get('v1')) >= 10);
  expect(bridge.report).toMatchObject({ epoch: 2, restarts: 0 });
  expect(bridge.report.ladder?.rungs.map(({ width, height }) => [width, height])).toEqual([[192, 144]]);
}, 60_000);

test('the playlists of all rungs have the same segments and parts, and the multivariant playlist lists them', async () => {
  const packager = packagers.open({ segmentTargetMs: 600 });
  const ladder = new StreamLadder('ladder-3', new CoreBudget(64).claim());
  const rig = openRig(
    ffmpeg,
    [videoTrack('h264'), audioTrack],
    {},
    { ladder, onEpoch: (epoch) => packager.accept(epoch) },
  );
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  rig.publisher.play(opus, 1_000);
  await until(
    'five segments',
    () => packager.report.renditions.some(({ rendition, segment }) => rendition === 'v2' && segment > 5),
    30_000,
  );
  const multivariant = packager.multivariant() ?? '';
  await rig.bridge[Symbol.asyncDispose]();
  await until('the end of the run', () => read(packager, 'v2').segments.at(-1)?.parts.length !== undefined);
  const shape = (id: string): readonly unknown[] => {
    const { segments } = read(packager, id);
    // Where a busy machine has FFmpeg begin anew, the copy may be ahead of what is encoded.
    const anew = segments.findIndex(({ discontinuity }) => discontinuity);
    const compared = segments.slice(0, anew < 0 ? 5 : Math.min(5, anew - 1));
    return compared.map(({ msn, durationS, parts, wallMs }) => ({
      ...{ msn, durationS, wallMs },
      parts: parts.map((part) => ({ listedS: part.durationS, independent: part.independent })),
    }));
  };
  expect(shape('v0').length).toBeGreaterThan(0);
  expect(shape('v1')).toEqual(shape('v0'));
  expect(shape('v2')).toEqual(shape('v0'));
  const variants = multivariant.split('\n').filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
  expect(variants.map((line) => /RESOLUTION=(\w+)/.exec(line)?.[1])).toEqual([
    '854x480',
    '480x270',
    '256x144',
  ]);
  for (const line of variants) {
    expect(line).toMatch(/BANDWIDTH=\d+/);
    expect(line).toMatch(/FRAME-RATE=30\.\d+/);
    expect(line).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/);
  }
}, 60_000);

test('the walker finds nothing wrong with the rungs that stay when one must go while players watch', async () => {
  await using hls = await openHlsRig({ ...quickHls, windowSegments: 60 });
  const claim = new CoreBudget(64).claim();
  const ladder = new StreamLadder('ladder-3', claim);
  const deps = { ladder, onEpoch: (epoch: CmafEpoch) => hls.packager.accept(epoch) };
  const rig = openRig(ffmpeg, [videoTrack('h264'), audioTrack], {}, deps);
  open.push(rig);
  rig.publisher.play(h264, videoLoopMs);
  rig.publisher.play(opus, 1_000);
  const reached = (segment: number): Promise<void> => reachedSegment(hls, segment);
  await reached(1);
  const walking = walkLiveStream(hls.url, { seconds: 40 });
  await reached(4);
  claim.lags(systemClock.nowMs());
  await reached(8);
  await rig.bridge[Symbol.asyncDispose]();
  hls.packager.finish();
  const findings = await walking;
  // The rung that went has gaps to offer where its last hint promised a part.
  expect(findings.problems.filter(({ where }) => !where.endsWith('/v1.m3u8'))).toEqual([]);
  expect(findings.ended).toBe(true);
  expect([...findings.playlists.keys()].length).toBe(4);
}, 90_000);
