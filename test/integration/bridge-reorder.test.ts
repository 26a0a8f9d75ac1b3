import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TapPacket } from '#src/core/media.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import type { Stamping } from '#src/bridge/timed-picture.ts';
import { barcodeColumns, barcodeHeightShare, barcodeRows, decodeBarcode } from '#test/kit/barcode.ts';
import { makeRecording, recordingFrameRateHz, type Recording } from '#test/kit/recording.ts';
import { packetiseNal } from '#test/kit/rtp-packetiser.ts';
import { videoTrack } from '../unit/bridge/units.ts';
import { readPictures, withoutUsability } from '../unit/rtp/h264/encoded.ts';
import { fragments, openRig, until, type Collected } from './bridge-source.ts';

const run = promisify(execFile);
const width = 320;
const height = 240;
const seconds = 4;

let ffmpeg: FfmpegFound;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-reorder-'));
  ffmpeg = await findFfmpeg('', new AbortController().signal);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Shown {
  readonly ptsMs: number;
  readonly counter: number;
}

function recording(bFrames: number): Promise<Recording> {
  const common = { codec: 'h264', width, height, seconds, keyframeSeconds: 2, stamped: true } as const;
  return makeRecording({ ...common, bitrateBps: 600_000, bFrames });
}

/**
 * Timestamps say when a picture is decoded, as OBS has it, and then count on in the order of the packets; or when it is shown,
 * as FFmpeg has it.
 */
function tapOf(recording: Recording, stamping: Stamping): TapPacket[] {
  const packets: TapPacket[] = [];
  const read = readPictures(recording);
  let keyframeIndex = 0;
  for (const [index, nals] of recording.pictures.entries()) {
    const { idr = false, order = 0 } = read[index] ?? {};
    if (idr) keyframeIndex = index;
    const place = stamping === 'decode' ? index : keyframeIndex + order / 2;
    // The publisher makes the timestamps of these.
    const arrivedMs = (place * 1000) / recordingFrameRateHz;
    const payloads = nals.flatMap((nal) => packetiseNal(nal, 'h264'));
    for (const [part, payload] of payloads.entries()) {
      const marker = part === payloads.length - 1;
      const sequence = packets.length;
      packets.push({
        kind: 'video',
        codec: 'h264',
        keyframe: false,
        sequence,
        timestamp: 0,
        marker,
        payload,
        arrivedMs,
      });
    }
  }
  return packets;
}

/** The pictures of an epoch as a player shows them: in order, each with its time and the number that is drawn into it. */
async function shown(epoch: Collected): Promise<Shown[]> {
  const file = join(folder, `${epoch.epoch.epoch}.mp4`);
  await writeFile(file, epoch.bytes.get('v0') ?? new Uint8Array());
  const strip = Math.round(height * barcodeHeightShare);
  const filter = `crop=${width}:${strip}:0:0,scale=${barcodeColumns}:${barcodeRows}:flags=area,format=gray`;
  const cells = barcodeColumns * barcodeRows;
  const quiet = ['-v', 'error', '-i', file, '-map', '0:v'];
  const { stdout } = await run(
    'ffmpeg',
    [...quiet, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
    {
      encoding: 'buffer',
      maxBuffer: 1 << 26,
    },
  );
  const probed = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'json', file],
  ]);
  const { frames } = JSON.parse(probed.stdout) as { frames: { pts_time: string }[] };
  const times = frames.map((frame) => Number(frame.pts_time) * 1000);
  return times.map((ptsMs, index) => {
    const stamp = decodeBarcode(stdout.subarray(index * cells, (index + 1) * cells));
    return { ptsMs, counter: stamp?.counter ?? -1 };
  });
}

/** Plays a recording through a bridge until an epoch gave three seconds; gives its pictures as they are shown. */
async function playThrough(packets: readonly TapPacket[], epoch = 1): Promise<readonly Shown[]> {
  const { bridge, publisher, epochs } = openRig(ffmpeg, [videoTrack('h264')]);
  try {
    publisher.play(packets, seconds * 1000);
    await until('three seconds of video', () => fragments(epochs[epoch - 1]?.bytes.get('v0')) >= 95);
    expect(bridge.report).toMatchObject({ video: 'passthrough', epoch, restarts: 0, framesDropped: 0 });
  } finally {
    await bridge[Symbol.asyncDispose]();
  }
  const last = epochs[epoch - 1];
  if (!last) throw new Error('no epoch');
  await last.ended;
  // Pictures at the end may lack some that are shown before them.
  return (await shown(last)).slice(0, -8);
}

function expectEvenPace(pictures: readonly Shown[], firstCounter: number): void {
  expect(pictures.length).toBeGreaterThanOrEqual(85);
  const loop = seconds * recordingFrameRateHz;
  const counters = pictures.map((_, index) => (firstCounter + index) % loop);
  expect(pictures.map((picture) => picture.counter)).toEqual(counters);
  const steps = pictures.slice(1).map(({ ptsMs }, index) => ptsMs - (pictures[index]?.ptsMs ?? 0));
  expect(Math.min(...steps)).toBeGreaterThan(33);
  expect(Math.max(...steps)).toBeLessThan(34);
}

test.each([
  { bFrames: 0, stamping: 'decode' },
  { bFrames: 2, stamping: 'decode' },
  { bFrames: 3, stamping: 'decode' },
  { bFrames: 2, stamping: 'presentation' },
] as const)(
  'H.264 with $bFrames B-frames and $stamping times passes through and is shown in order and at an even pace',
  async ({ bFrames, stamping }) => {
    const pictures = await playThrough(tapOf(await recording(bFrames), stamping));
    expectEvenPace(pictures, 0);
  },
);

test('B-frames that nothing declares are noticed, and in order from the next keyframe on', async () => {
  const { pictures, ...facts } = await recording(2);
  const undeclared = pictures.map((nals) =>
    nals.map((nal) => ((nal[0] ?? 0) % 32 === 7 ? Buffer.from(withoutUsability(nal)) : nal)),
  );
  const packets = tapOf({ ...facts, pictures: undeclared }, 'decode');
  expectEvenPace(await playThrough(packets, 2), 2 * recordingFrameRateHz);
});
