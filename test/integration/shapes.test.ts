import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bridge, Packager } from '#src/core/cmaf.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import type { TapPacket, VideoCodec } from '#src/core/media.ts';
import { openBridge } from '#src/bridge/bridge.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import {
  complaintsOfHlsParser,
  countedByFfprobe,
  samplesByMp4box,
  stretchesOf,
} from '#test/kit/hls-oracles.ts';
import { openHlsRig, quickHls, streamId, type HlsRig } from '#test/kit/hls-rig.ts';
import { walkLiveStream, type Findings } from '#test/kit/hls-walker.ts';
import { recordAv1 } from '../unit/bridge/av1-packetiser.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack, videoTrack } from '../unit/bridge/units.ts';
import { Publisher, until } from './bridge-source.ts';

/** Every shape that a stream can have, through the bridge, FFmpeg, packager and origin; simulcast is in bridge-layers. */
interface Shape {
  readonly name: string;
  readonly codec?: VideoCodec;
  /** What is played, where it is not the codec's own. */
  readonly clip?: string;
  readonly audio: boolean;
  readonly ladder?: boolean;
  /** Every so many packets one is lost. */
  readonly lossEvery?: number;
  /** What happens in the middle. */
  readonly event?: (stream: Stream) => Promise<void>;
}

const shapes: readonly Shape[] = [
  { name: 'h264', codec: 'h264', audio: true },
  { name: 'vp8', codec: 'vp8', audio: true },
  { name: 'vp9', codec: 'vp9', audio: true },
  { name: 'av1', codec: 'av1', audio: true },
  { name: 'ladder', codec: 'h264', clip: 'large', audio: true, ladder: true },
  { name: 'sound', audio: true },
  { name: 'silent', codec: 'h264', audio: false },
  { name: 'loss', codec: 'h264', audio: true, lossEvery: 211 },
  {
    name: 'resized',
    codec: 'h264',
    audio: true,
    event: ({ publisher }) => {
      publisher.play(need(clips.get('small')), videoLoopMs);
      return Promise.resolve();
    },
  },
  {
    name: 'republished',
    codec: 'h264',
    audio: true,
    event: async ({ bridge, publisher }) => {
      publisher.stop('video');
      publisher.stop('audio');
      bridge.setTracks([]);
      await delay(500);
      bridge.setTracks([videoTrack('vp8'), audioTrack]);
      publisher.play(need(clips.get('vp8')), videoLoopMs);
      publisher.play(need(clips.get('opus')), 1_000);
    },
  },
];

interface Stream {
  readonly shape: Shape;
  readonly bridge: Bridge;
  readonly publisher: Publisher;
  readonly packager: Packager;
  readonly url: string;
}

/** 20 frames at 30 per second, with a keyframe every ten. */
const videoLoopMs = 2000 / 3;
const clips = new Map<string, readonly TapPacket[]>();
const findings = new Map<string, Findings>();
let hls: HlsRig;
let ffmpeg: FfmpegFound;

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not recorded');
  return value;
}

async function recordClips(): Promise<void> {
  for (const codec of ['h264', 'vp8', 'vp9'] as const)
    clips.set(codec, await record({ codec, args: [...testVideo(20), ...encoders[codec]] }));
  clips.set('av1', await recordAv1(testVideo(20), encoders.av1));
  for (const [name, size] of [
    ['small', '256x144'],
    ['large', '640x360'],
  ] as const) {
    const args = [...testVideo(20, size), ...encoders.h264];
    clips.set(name, await record({ codec: 'h264', args }));
  }
  const tone = [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'];
  clips.set('opus', (await record({ codec: 'opus', args: tone })).slice(0, 50));
}

function open(shape: Shape): Stream {
  const { name, codec, audio, lossEvery = Infinity } = shape;
  const tracks = [...(codec ? [videoTrack(codec)] : []), ...(audio ? [audioTrack] : [])];
  const packager = hls.origin.packager(streamId(name));
  let publisher: Publisher | undefined;
  let sent = 0;
  const bridge = openBridge(
    {
      stream: streamId(name),
      ffmpeg,
      clock: systemClock,
      log: silentLog,
      segmentTargetMs: 500,
      onEpoch: (epoch) => packager.accept(epoch),
      taps: {
        listen: (listener) => {
          const packets = (batch: readonly TapPacket[]): void =>
            listener.packets(batch.filter(() => ++sent % lossEvery !== 0));
          publisher = new Publisher({ ...listener, packets });
          return publisher;
        },
        requestKeyframe: () => undefined,
      },
      ...(shape.ladder === true && {
        ladder: new StreamLadder('ladder-2', new CoreBudget(64).claim()),
      }),
    },
    bridgeConfig.parse({}),
  );
  bridge.setTracks(tracks);
  const url = `${hls.base}/hls/${name}/`;
  const stream = { shape, bridge, publisher: need(publisher), packager, url };
  if (codec) stream.publisher.play(need(clips.get(shape.clip ?? codec)), videoLoopMs);
  if (audio) stream.publisher.play(need(clips.get('opus')), 1_000);
  return stream;
}

const reached = (stream: Stream, segment: number): Promise<void> =>
  until(
    `${stream.shape.name} has ${segment} segments`,
    () => {
      const { renditions } = stream.packager.report;
      return renditions.length > 0 && renditions.every((rendition) => rendition.segment > segment);
    },
    60_000,
  );

/** Walks along a stream through its event to its end. */
async function live(stream: Stream): Promise<void> {
  await reached(stream, 1);
  const walking = walkLiveStream(`${stream.url}index.m3u8`, { seconds: 60 });
  await reached(stream, 3);
  const from = Math.max(...stream.packager.report.renditions.map(({ segment }) => segment));
  await stream.shape.event?.(stream);
  await reached(stream, from + 3);
  await stream.bridge[Symbol.asyncDispose]();
  stream.packager.finish();
  findings.set(stream.shape.name, await walking);
}

beforeAll(async () => {
  hls = await openHlsRig({ ...quickHls, windowSegments: 60 });
  await recordClips();
  ffmpeg = await findFfmpeg('', AbortSignal.timeout(60_000));
  // A few at a time: each has an FFmpeg that decodes or encodes.
  const waiting = [...shapes];
  const inTurn = async (): Promise<void> => {
    for (let shape = waiting.shift(); shape; shape = waiting.shift()) await live(open(shape));
  };
  await Promise.all(Array.from({ length: 5 }, inTurn));
}, 150_000);
afterAll(() => hls[Symbol.asyncDispose]());

describe.each(shapes.map(({ name }) => name))('%s', (name) => {
  test('the walker finds nothing wrong from its beginning to its end', () => {
    const { problems, ended } = need(findings.get(name));
    expect(problems).toEqual([]);
    expect(ended).toBe(true);
  });

  test('hls-parser reads every playlist', () => {
    expect(complaintsOfHlsParser(need(findings.get(name)))).toEqual([]);
  });

  test('mp4box and ffprobe find every sample, and each can be decoded', async () => {
    for (const stretch of await stretchesOf(need(findings.get(name)))) {
      expect(samplesByMp4box(stretch), stretch.name).toBe(stretch.samples);
      const { packets, frames, complaints } = await countedByFfprobe(stretch.bytes);
      expect(complaints, stretch.name).toBe('');
      expect(packets, stretch.name).toEqual([stretch.samples]);
      // Only the first frame of AAC, its priming, need not come out.
      expect(stretch.samples - (frames[0] ?? 0), stretch.name).toBeLessThanOrEqual(1);
    }
  });

  test('ffprobe plays it as DASH', async () => {
    const { packets, complaints } = await countedByFfprobe(`${hls.base}/hls/${name}/manifest.mpd`);
    const { ladder, codec, audio } = need(shapes.find((shape) => shape.name === name));
    expect(complaints).toBe('');
    expect(packets).toHaveLength((codec ? (ladder === true ? 2 : 1) : 0) + (audio ? 1 : 0));
    for (const count of packets) expect(count).toBeGreaterThan(20);
  });
});

test('a change of size, another codec and an encoder that begins anew are new init segments', () => {
  for (const [name, sizes] of [
    ['h264', 1],
    ['resized', 2],
    ['republished', 2],
  ] as const) {
    const { inits } = need(findings.get(name)).media;
    expect([...inits.keys()].filter((url) => url.includes('/v0_')).length, name).toBe(sizes);
  }
});
