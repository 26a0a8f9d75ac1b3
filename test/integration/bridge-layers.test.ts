import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import type { TapPacket, Track } from '#src/core/media.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import type { LadderName } from '#src/core/ladder.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { probe, record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack } from '../unit/bridge/units.ts';
import {
  fragments,
  missedMs,
  openRig,
  reachedSegment,
  until,
  type Collected,
  type Rig,
} from './bridge-source.ts';
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

test('when FFmpeg is lost, all layers go on where the top was, at the same times', async () => {
  const rig = start('ladder-3');
  playAll(rig);
  const { bridge, epochs } = rig;
  await until('a second of the smallest', () => fragments(epochs[0]?.bytes.get('v2')) >= 35);
  process.kill(bridge.report.pid ?? 0, 'SIGKILL');
  await until('a second more of it', () => fragments(epochs[1]?.bytes.get('v2')) >= 40);
  await bridge[Symbol.asyncDispose]();
  const [before, after] = epochs;
  if (!before || !after) throw new Error('two epochs');
  await after.ended;
  expect(renditions(after)).toEqual(['v0', 'v1', 'v2', 'a0']);
  expect(Math.abs(missedMs(before, after))).toBeLessThan(5);
  const times = (id: string): readonly number[] =>
    samplesOf(after, id)
      .map(({ startMs }) => startMs - after.epoch.baseMediaTimeMs)
      .filter((startMs) => startMs > pictureMs / 2);
  expect(times('v0').length).toBeGreaterThan(20);
  for (const id of ['v1', 'v2']) {
    const shared = Math.min(times(id).length, times('v0').length);
    expect(shared).toBeGreaterThan(20);
    expect(times(id).slice(0, shared)).toEqual(times('v0').slice(0, shared));
    expect(samplesOf(after, id)[0]).toMatchObject({
      independent: true,
      startMs: after.epoch.baseMediaTimeMs,
    });
  }
}, 60_000);

test('a layer that rests disturbs nobody: it goes with a new epoch, an encode takes its place, and it comes back in time', async () => {
  const rig = start('ladder-2');
  playAll(rig);
  const { bridge, epochs, layered } = rig;
  layered.pause(2);
  await until('both rungs', () => fragments(epochs.at(-1)?.bytes.get('v1')) >= 15);
  layered.pause(1);
  await until('its place is taken', () => bridge.report.ladder?.rungs.length === 1, 15_000);
  const before = epochs.length;
  expect(bridge.report.ladder?.rungs).toMatchObject([{ rendition: 'v1' }]);
  expect(bridge.report.ladder?.layers?.find(({ rid }) => rid === 'h')).toMatchObject({
    rendition: undefined,
    problem: 'the publisher does not send it now',
  });
  await until('the encode', () => fragments(epochs.at(-1)?.bytes.get('v1')) >= 10);
  layered.resume(1);
  await until('it is back', () => bridge.report.ladder?.rungs.length === 0, 20_000);
  await until('the copy', () => fragments(epochs.at(-1)?.bytes.get('v1')) >= 10);
  expect(epochs.length).toBe(before + 1);
  expect(bridge.report).toMatchObject({ state: 'running', restarts: 0 });
}, 90_000);

test('without its largest layer the stream goes on with the next, and takes the largest again when it is steady', async () => {
  const rig = start();
  playAll(rig);
  const { bridge, epochs, layered } = rig;
  await until('all rungs', () => fragments(epochs[0]?.bytes.get('v2')) >= 20);
  layered.pause(0);
  await until('the next one leads', () => epochs.length === 2 && fragments(epochs[1]?.bytes.get('v0')) >= 20);
  expect(renditions(epochs[1])).toEqual(['v0', 'v2', 'a0']);
  layered.resume(0);
  await until('the largest leads again', () => fragments(epochs[2]?.bytes.get('v1')) >= 20, 20_000);
  expect(renditions(epochs[2])).toEqual(['v0', 'v1', 'v2', 'a0']);
  expect(bridge.report).toMatchObject({ state: 'running', restarts: 0, epoch: 3 });
  await bridge[Symbol.asyncDispose]();
  await epochs[2]?.ended;
  expect(await facts(epochs[1], 'v0')).toMatchObject({ width: 426, height: 240 });
  expect(await facts(epochs[2], 'v0')).toMatchObject({ width: 854, height: 480 });
  // The one that led before goes on without a missing segment.
  expect(samplesOf(epochs[2], 'v1')[0]?.decodeTicks).toBe(samplesOf(epochs[2], 'v0')[0]?.decodeTicks);
}, 90_000);

test('a layer whose keyframes stand elsewhere is left out, and it is said why', async () => {
  const rig = start();
  const { bridge, epochs, layered, publisher } = rig;
  layered.play(0, layers[0]!, videoLoopMs);
  layered.play(1, layers[1]!, videoLoopMs, 4 * pictureMs);
  layered.play(2, layers[2]!, videoLoopMs);
  publisher.play(opus, 1_000);
  const reports = setInterval(() => layered.report(), 200);
  disposables.push({ [Symbol.dispose]: () => clearInterval(reports) });
  await until('what fits', () => fragments(epochs.at(-1)?.bytes.get('v2')) >= 60);
  expect(renditions(epochs.at(-1))).toEqual(['v0', 'v2', 'a0']);
  const h = bridge.report.ladder?.layers?.find(({ rid }) => rid === 'h');
  expect(h?.problem).toMatch(/its keyframes are not of the same pictures/);
  expect(epochs.length).toBeLessThan(3);
}, 60_000);

test('the playlists of all rungs have the same segments, and a layer that goes and comes leaves nothing for the walker to find', async () => {
  await using hls = await openHlsRig({ ...quickHls, windowSegments: 60 });
  const rig = start('passthrough', (epoch) => hls.packager.accept(epoch));
  playAll(rig);
  const { bridge, layered } = rig;
  const reached = (segment: number): Promise<void> => reachedSegment(hls, segment);
  await reached(1);
  const walking = walkLiveStream(hls.url, { seconds: 40 });
  await reached(4);
  layered.pause(2);
  await until('it is left out', () => bridge.report.epoch === 2, 15_000);
  layered.resume(2);
  await until('it is back', () => bridge.report.epoch === 3, 20_000);
  await reached(20);
  await bridge[Symbol.asyncDispose]();
  hls.packager.finish();
  const findings = await walking;
  // The rung that went has gaps to offer where its last hint promised a part.
  expect(findings.problems.filter(({ where }) => !where.endsWith('/v2.m3u8'))).toEqual([]);
  expect(findings.ended).toBe(true);
  expect([...findings.playlists.keys()].length).toBe(4);
}, 90_000);

test('with B-frames the copies keep both times of every picture', async () => {
  const options = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '10', '-bsf:v', 'dump_extra'];
  const reordered = await Promise.all(
    sizes.map((size) => record({ codec: 'h264', args: [...testVideo(20, size), ...options] })),
  );
  const rig = start();
  for (const [layer, packets] of reordered.entries()) rig.layered.play(layer, packets, videoLoopMs);
  const { bridge, epochs } = rig;
  await until('the smallest', () => fragments(epochs.at(-1)?.bytes.get('v2')) >= 40);
  await bridge[Symbol.asyncDispose]();
  const last = epochs.at(-1);
  await last?.ended;
  // The encoder chooses B-frames for each size on its own: the order differs, what is shown when does not.
  const shownMs = (id: string): readonly (number | boolean)[][] =>
    samplesOf(last, id)
      .map(({ decodeTicks, offsetTicks, independent }) => [
        Math.round((decodeTicks + offsetTicks) / 100),
        independent,
      ])
      .toSorted(([one], [other]) => Number(one) - Number(other))
      .slice(0, 25);
  expect(samplesOf(last, 'v2').some(({ offsetTicks }) => offsetTicks > 0)).toBe(true);
  expect(shownMs('v1')).toEqual(shownMs('v0'));
  expect(shownMs('v2')).toEqual(shownMs('v0'));
}, 60_000);
