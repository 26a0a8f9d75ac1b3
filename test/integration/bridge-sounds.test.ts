import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import type { SoundLabel, TapPacket, Track } from '#src/core/media.ts';
import type { BridgeConfig } from '#src/bridge/config.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { complaintsOfHlsParser, countedByFfprobe, stretchesOf } from '#test/kit/hls-oracles.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { type HlsRig, openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { decoded, loudestTone } from '#test/kit/tones.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { videoTrack } from '../unit/bridge/units.ts';
import { fragments, missedMs, openRig, reachedSegment, until, type Rig } from './bridge-source.ts';
import { LayeredPublisher } from './layer-source.ts';

const video: Track = videoTrack('h264', 'packetization-mode=1');
const tonesHz = [440, 1_000, 2_500];

let ffmpeg: FfmpegFound;
let pictures: readonly TapPacket[] = [];
let tones: readonly (readonly TapPacket[])[] = [];
let life = new AsyncDisposableStack();

beforeAll(async () => {
  ffmpeg = await findFfmpeg('', new AbortController().signal);
  pictures = await record({ codec: 'h264', args: [...testVideo(20), ...encoders.h264] });
  tones = await Promise.all(
    tonesHz.map(async (toneHz) => {
      const args = [...testAudio(2, toneHz), '-c:a', 'libopus', '-b:a', '64k'];
      return (await record({ codec: 'opus', args })).slice(0, 50);
    }),
  );
}, 60_000);
afterEach(async () => {
  const ending = life;
  life = new AsyncDisposableStack();
  await ending.disposeAsync();
});
afterAll(() => life.disposeAsync());

function audio(...sounds: readonly SoundLabel[]): Track {
  return { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''], sounds };
}
const unnamed: SoundLabel = { name: '', language: '' };

interface SoundsRig extends Rig {
  readonly asides: LayeredPublisher;
}

/** A publisher of a picture and a tone, and of further tones in their own counts. */
function start(
  tracks: readonly Track[],
  { config, onEpoch }: { config?: Partial<BridgeConfig>; onEpoch?: (epoch: CmafEpoch) => void } = {},
): SoundsRig {
  const asides = life.use(new LayeredPublisher(48));
  const rig = openRig(ffmpeg, tracks, config, {
    ...(onEpoch && { onEpoch }),
    sounds: (heard) => asides.listenSounds(heard),
  });
  life.use(rig.bridge);
  life.use(rig.publisher);
  return { ...rig, asides };
}

function play({ publisher, asides }: SoundsRig, others: readonly number[]): void {
  for (const index of others) asides.play(index, shortTone(index), 100);
  publisher.play(tones[0] ?? [], 1_000);
  publisher.play(pictures, 2000 / 3);
}

/** Five frames from the middle of a tone, to be repeated: it begins at once. */
function shortTone(index: number): readonly TapPacket[] {
  return (tones[index] ?? []).slice(20, 25).map((packet, at) => ({ ...packet, arrivedMs: 20 * at }));
}

const segmentOf = ({ packager }: HlsRig, id: string): number =>
  packager.report.renditions.find(({ rendition }) => rendition === id)?.segment ?? 0;

/** Waits until the newest epoch is this one, and LL-HLS has so many more segments. */
async function settled(hls: HlsRig, epochs: readonly CmafEpoch[], names: readonly string[]): Promise<void> {
  await until(names.join(), () => namesOf(epochs.at(-1)).join() === names.join());
  await reachedSegment(hls, segmentOf(hls, 'v0') + 5);
}

const namesOf = (epoch: CmafEpoch | undefined): readonly string[] =>
  epoch?.tracks.map(({ rendition, sound }) => `${rendition} ${sound?.name ?? ''}`) ?? [];

async function soundLines({ url }: HlsRig): Promise<readonly string[]> {
  const { body } = await exchange(url);
  return body.toString().match(/^#EXT-X-MEDIA:TYPE=AUDIO.*$/gm) ?? [];
}

/** When each listed segment begins, by its number. */
function beginnings({ segments }: ReadPlaylist): ReadonlyMap<number, number> {
  return new Map(segments.map(({ msn, wallMs = 0 }) => [msn, wallMs]));
}

test('two sounds are one group in one FFmpeg: the same segments, each with its own tone, in both codecs', async () => {
  const hls = life.use(await openHlsRig(quickHls));
  const told = [
    { name: 'Stadium', language: 'en' },
    { name: '', language: 'de' },
  ];
  const epochs: CmafEpoch[] = [];
  const rig = start([video, audio(...told)], {
    config: { opus: true },
    onEpoch: (epoch) => {
      epochs.push(epoch);
      hls.packager.accept(epoch);
    },
  });
  play(rig, [1]);
  await settled(hls, epochs, ['v0 ', 'a0 Stadium', 'a1 Stadium', 'a2 Deutsch', 'a3 Deutsch']);
  const findings = await walkLiveStream(hls.url, { parts: 6 });
  expect(findings.problems).toEqual([]);
  expect(complaintsOfHlsParser(findings)).toEqual([]);
  expect(await soundLines(hls)).toMatchObject(
    [
      /GROUP-ID="audio",NAME="Stadium",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en".*a0\.m3u8/,
      /GROUP-ID="audio",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de".*a2\.m3u8/,
      /GROUP-ID="opus",NAME="Stadium",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en".*a1\.m3u8/,
      /GROUP-ID="opus",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de".*a3\.m3u8/,
    ].map((pattern) => expect.stringMatching(pattern) as string),
  );
  const stretches = await stretchesOf(findings);
  for (const [id, toneHz] of [
    ['a0', 440],
    ['a1', 440],
    ['a2', 1_000],
    ['a3', 1_000],
  ] as const) {
    const stretch = stretches.findLast(({ name }) => name.startsWith(`${id}_`));
    const bytes = stretch?.bytes ?? Buffer.alloc(0);
    expect([id, loudestTone(await decoded(bytes), tonesHz)]).toEqual([id, toneHz]);
    expect((await countedByFfprobe(bytes)).packets).toEqual([stretch?.samples]);
  }
  const listed = (id: string): ReadPlaylist => {
    const [, text = ''] = [...findings.playlists].find(([url]) => url.includes(`/${id}.m3u8`)) ?? [];
    return readMediaPlaylist(text);
  };
  const [first, second] = [listed('a0'), listed('a2')];
  expect(second.partTargetS).toBe(first.partTargetS);
  const others = beginnings(second);
  const apartMs = [...beginnings(first)].flatMap(([msn, wallMs]) => {
    const other = others.get(msn);
    return other === undefined ? [] : [Math.abs(other - wallMs)];
  });
  expect(apartMs.length).toBeGreaterThan(4);
  // Less than one frame of AAC.
  expect(Math.max(...apartMs)).toBeLessThan(22);
}, 90_000);

test('one that never sends is left out until it does, and one that falls silent keeps nobody', async () => {
  const hls = life.use(await openHlsRig(quickHls));
  const epochs: CmafEpoch[] = [];
  const rig = start([video, audio(unnamed, unnamed, unnamed)], {
    onEpoch: (epoch) => {
      epochs.push(epoch);
      hls.packager.accept(epoch);
    },
  });
  play(rig, [1]);
  await settled(hls, epochs, ['v0 ', 'a0 main', 'a2 Sound 2']);
  rig.asides.play(2, shortTone(2), 100);
  await settled(hls, epochs, ['v0 ', 'a0 main', 'a2 Sound 2', 'a4 Sound 3']);
  const before = epochs.length;
  rig.asides.pause(1);
  const at = segmentOf(hls, 'a4');
  await until(
    'all go on',
    () => ['v0', 'a0', 'a2', 'a4'].every((id) => segmentOf(hls, id) >= at + 5),
    40_000,
  );
  expect(epochs).toHaveLength(before);
  expect(rig.bridge.report).toMatchObject({ state: 'running', restarts: 0 });
  const findings = await walkLiveStream(hls.url, { parts: 3 });
  expect(findings.problems).toEqual([]);
  expect(await soundLines(hls)).toHaveLength(3);
  const stretches = await stretchesOf(findings);
  const newest = stretches.findLast(({ name }) => name.startsWith('a4_'));
  expect(loudestTone(await decoded(newest?.bytes ?? Buffer.alloc(0)), tonesHz)).toBe(2_500);
}, 90_000);

test('a publisher with fewer sounds takes over: behind a discontinuity there are only its own', async () => {
  const hls = life.use(await openHlsRig(quickHls));
  const epochs: CmafEpoch[] = [];
  const rig = start([video, audio(unnamed, unnamed)], {
    onEpoch: (epoch) => {
      epochs.push(epoch);
      hls.packager.accept(epoch);
    },
  });
  play(rig, [1]);
  await settled(hls, epochs, ['v0 ', 'a0 main', 'a2 Sound 2']);
  // It begins with both, and follows the one that goes, too.
  const walking = walkLiveStream(hls.url, { seconds: 8 });
  await reachedSegment(hls, segmentOf(hls, 'v0') + 1);
  rig.bridge.setTracks([video, audio({ name: 'Solo', language: '' })]);
  await settled(hls, epochs, ['v0 ', 'a0 Solo']);
  expect(await soundLines(hls)).toEqual([expect.stringMatching(/NAME="Solo",DEFAULT=YES/)]);
  const findings = await walking;
  expect(findings.problems).toEqual([]);
  expect(complaintsOfHlsParser(findings)).toEqual([]);
  expect(rig.asides.listening).toBe(0);
}, 90_000);

test('without pictures the first sound leads, and the others have its segments', async () => {
  const hls = life.use(await openHlsRig(quickHls));
  const rig = start([audio(unnamed, unnamed)], { onEpoch: (epoch) => hls.packager.accept(epoch) });
  rig.asides.play(1, shortTone(1), 100);
  rig.publisher.play(tones[0] ?? [], 1_000);
  await until('segments', () => ['a0', 'a2'].every((id) => segmentOf(hls, id) >= 6), 40_000);
  const findings = await walkLiveStream(hls.url, { parts: 4 });
  expect(findings.problems).toEqual([]);
  expect(await soundLines(hls)).toHaveLength(2);
  const stretches = await stretchesOf(findings);
  for (const [id, toneHz] of [
    ['a0', 440],
    ['a2', 1_000],
  ] as const) {
    const newest = stretches.findLast(({ name }) => name.startsWith(`${id}_`));
    expect([id, loudestTone(await decoded(newest?.bytes ?? Buffer.alloc(0)), tonesHz)]).toEqual([id, toneHz]);
  }
}, 90_000);

test('when FFmpeg is lost, every sound goes on with the pictures', async () => {
  const rig = start([video, audio({ name: 'Stadium', language: 'en' }, unnamed)]);
  play(rig, [1]);
  const { bridge, epochs } = rig;
  await until('a second of the other sound', () => fragments(epochs[0]?.bytes.get('a2')) >= 50);
  process.kill(bridge.report.pid ?? 0, 'SIGKILL');
  await until('a second more', () => fragments(epochs[1]?.bytes.get('a2')) >= 50);
  const [before, after] = epochs;
  if (!before || !after) throw new Error('two epochs');
  await before.ended;
  expect(Math.abs(missedMs(before, after))).toBeLessThan(5);
  for (const id of ['a0', 'a2']) {
    const starts: number[] = [];
    const hear = { init: () => undefined, sample: ({ startMs }: TimedSample) => starts.push(startMs) };
    new TrackReader(hear).push(after.bytes.get(id) ?? new Uint8Array());
    const [first = 0] = starts;
    // The encoder's priming comes before the first frame of 20 ms.
    expect(Math.abs(first - after.epoch.baseMediaTimeMs)).toBeLessThan(50);
  }
}, 60_000);
