import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  complaintsOfHlsParser,
  countedByFfprobe,
  samplesByMp4box,
  stretchesOf,
} from '#test/kit/hls-oracles.ts';
import { openHlsRig, quickHls, type HlsRig } from '#test/kit/hls-rig.ts';
import { walkLiveStream, type Findings } from '#test/kit/hls-walker.ts';
import { until } from './bridge-source.ts';
import { need, shapes, type ShapedStream, ShapeSources } from './shapes-source.ts';

const findings = new Map<string, Findings>();
const life = new AsyncDisposableStack();
let hls: HlsRig;

const reached = (stream: ShapedStream, segment: number): Promise<void> =>
  until(
    `${stream.shape.name} has ${segment} segments`,
    () => {
      const { renditions } = stream.packager.report;
      return renditions.length > 0 && renditions.every((rendition) => rendition.segment > segment);
    },
    60_000,
  );

/** Walks along a stream through its event to its end. */
async function live(stream: ShapedStream): Promise<void> {
  await reached(stream, 1);
  const walking = walkLiveStream(`${stream.url}index.m3u8`, { seconds: 60 });
  await reached(stream, 3);
  const from = Math.max(...stream.packager.report.renditions.map(({ segment }) => segment));
  await stream.shape.event?.(stream);
  await reached(stream, from + 3);
  await stream.end();
  findings.set(stream.shape.name, await walking);
}

beforeAll(async () => {
  hls = life.use(await openHlsRig({ ...quickHls, windowSegments: 60 }));
  const sources = await ShapeSources.open();
  // A few at a time: each has an FFmpeg that decodes or encodes.
  const waiting = [...shapes];
  const inTurn = async (): Promise<void> => {
    for (let shape = waiting.shift(); shape; shape = waiting.shift())
      await live(sources.publish(shape, hls, 500));
  };
  await Promise.all(Array.from({ length: 5 }, inTurn));
}, 150_000);
afterAll(() => life.disposeAsync());

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
    const { videos = 1, audio } = need(shapes.find((shape) => shape.name === name));
    const stretches = await stretchesOf(need(findings.get(name)));
    expect(stretches.length).toBeGreaterThanOrEqual(videos + (audio ? 1 : 0));
    for (const stretch of stretches) {
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
    const { videos = 1, audio } = need(shapes.find((shape) => shape.name === name));
    expect(complaints).toBe('');
    expect(packets).toHaveLength(videos + (audio ? 1 : 0));
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
