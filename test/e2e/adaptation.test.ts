import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RungReport, TrackReport } from '#src/core/plane-report.ts';
import type { ViewerStatus } from '#src/core/status.ts';
import type { ShownFrame } from '#test/kit/layer-watch-types.ts';
import { LayerViewer, publishLayers, statusOf, wallMs } from '#test/kit/layer-viewer.ts';
import { type LossyLeg, openLossyLeg } from '#test/kit/lossy-leg.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { stretch, until } from '#test/kit/wait.ts';

/** Stories are told two at a time, as they mostly wait for bandwidth to be measured. */
const patienceMs = 300_000;
/** Of the pictures of a viewer with a fine way. What is missing is what a busy browser did not send. */
const mostPictures = 0.7;
const life = new AsyncDisposableStack();
let rig: Rig;

let recordings: readonly Recording[] = [];

beforeAll(async () => {
  // The narrow way leads to one port.
  rig = life.use(await openRig({ env: { FRONTROW_MEDIA__WORKERS: '1' } }));
  const of = { codec: 'h264', seconds: 2, keyframeSeconds: 1 } as const;
  recordings = await Promise.all([
    makeRecording({ ...of, width: 960, height: 540, bitrateBps: 1_400_000 }),
    makeRecording({ ...of, width: 480, height: 270, bitrateBps: 400_000 }),
    makeRecording({ ...of, width: 240, height: 136, bitrateBps: 120_000 }),
  ]);
});
afterAll(() => life.disposeAsync());

/** Chromium sends three layers of pictures this large, and of none smaller; few a second, so that no encoder falls behind. */
const picture = {
  width: 960,
  height: 540,
  frameRateHz: 15,
  audio: true,
  maxBitrateBps: 1_500_000,
  layers: [],
};
const threeSizes = [
  { rid: 'q', scaleDownBy: 4, maxBitrateBps: 120_000 },
  { rid: 'h', scaleDownBy: 2, maxBitrateBps: 400_000 },
  { rid: 'f', scaleDownBy: 1, maxBitrateBps: 1_400_000 },
];
const wideBps = 5_000_000;
const narrowBps = 1_000_000;
const isLargest = ({ width }: ShownFrame): boolean => width === picture.width;
const isSmaller = ({ width }: ShownFrame): boolean => width < picture.width;

async function peers(stream: string): Promise<readonly ViewerStatus[]> {
  return (await statusOf(rig.gateway, stream)).interactivePeers;
}

const labels = (rungs: readonly RungReport[] = []): readonly string[] => rungs.map(({ label }) => label);

function hasThreeSizes({ rungs = [] }: TrackReport): boolean {
  return (rungs.at(-1)?.bps ?? 0) > 900_000 && new Set(rungs.map(({ layer }) => layer)).size === 3;
}

/** Two viewers at once: one behind a way that can be narrowed, one on a fine way, which may ask for something. */
async function openTwo(
  leg: LossyLeg,
  stream: string,
  query = '',
): Promise<readonly [LayerViewer, LayerViewer]> {
  const path = `/whep/${stream}`;
  return Promise.all([
    LayerViewer.open(rig, leg.url(path)),
    LayerViewer.open(rig, rig.gateway.url(path + query)),
  ]);
}

/** A stream of three sizes, and its video as the API told it. */
interface Published extends AsyncDisposable {
  readonly video: TrackReport;
}

/** By a browser's own simulcast. */
const byBrowser = (stream: string): Promise<Published> =>
  publishLayers(rig, stream, { ...picture, codec: 'vp8', layers: threeSizes }, hasThreeSizes);

/** By OBS's, of recordings: nobody encodes, so what viewers get depends on us alone. */
async function byObs(stream: string): Promise<Published> {
  const [recording, ...layers] = recordings;
  if (recording === undefined) throw new Error('nothing to publish');
  const whipUrl = rig.gateway.url(`/whip/${stream}`);
  const publisher = await ObsPublisher.open({ whipUrl, recording, layers });
  const video = await until(
    `${stream} is complete`,
    async () =>
      (await statusOf(rig.gateway, stream)).tracks.find(
        (track) => track.kind === 'video' && hasThreeSizes(track),
      ),
    { timeoutMs: 30_000 },
  );
  return { video, [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose]() };
}

/** The way of one viewer of three sizes narrows and widens. */
async function narrowAndWiden(
  stream: string,
  publish: (stream: string) => Promise<Published>,
): Promise<void> {
  await using leg: LossyLeg = await openLossyLeg(rig.gateway);
  leg.limit(wideBps);
  await using published = await publish(stream);
  await using viewers = new AsyncDisposableStack();
  const joinedMs = wallMs();
  // Pinned, so that what it shows tells of its neighbour alone.
  const [limited, free] = await openTwo(leg, stream, '?layer=high');
  viewers.use(limited);
  viewers.use(free);
  const [, topMs] = await Promise.all([
    limited.shows('the limited viewer begins with the largest', isLargest, 0),
    free.shows('so does the other', isLargest, 0),
  ]);
  expect(topMs - joinedMs).toBeLessThan(25_000 * stretch());
  await sleep(1_000);
  const narrowedMs = wallMs();
  leg.limit(narrowBps);
  const fellMs = await limited.shows('a smaller one comes', isSmaller, narrowedMs);
  expect(fellMs - narrowedMs).toBeLessThan(4_000 * stretch());
  await sleep(3_000);
  const widenedMs = wallMs();
  leg.limit(wideBps);
  const roseMs = await limited.shows('the largest comes again', isLargest, widenedMs);
  expect(roseMs - widenedMs).toBeLessThan(25_000 * stretch());
  await sleep(1_500);
  const stats = await limited.look();
  await free.look();
  expect(limited.longestGapMs(narrowedMs)).toBeLessThan(2_500 * stretch());
  expect(stats.keyframeRequests).toBeLessThan(4);
  expect(free.shareOf(picture.width, topMs)).toBeGreaterThan(mostPictures);
  const told = await peers(stream);
  expect(told.map(({ estimateSource }) => estimateSource)).toEqual(['transport-cc', 'transport-cc']);
  expect(told.every(({ videoPaused }) => !videoPaused)).toBe(true);
  for (const { rung } of told) expect(labels(published.video.rungs)).toContain(rung);
}

/** Layers inside one stream, how many parts they make, and the size of the whole. */
interface Mode {
  readonly codec: 'vp9' | 'av1';
  readonly scalabilityMode: string;
  readonly parts: number;
  readonly width: number;
  readonly height: number;
}

/** The way of one viewer of such a stream narrows. */
async function narrow({ codec, scalabilityMode, parts, width, height }: Mode): Promise<void> {
  const stream = `${codec}-${scalabilityMode.toLowerCase().replace('_', '-')}`;
  await using leg: LossyLeg = await openLossyLeg(rig.gateway);
  await using published = await publishLayers(
    rig,
    stream,
    { ...picture, codec, scalabilityMode, width, height, maxBitrateBps: 900_000 },
    ({ rungs = [] }) => rungs.length === parts && rungs.every(({ bps }) => bps > 0),
  );
  const { rungs = [] } = published.video;
  const [smallest, whole] = [rungs[0], rungs.at(-1)];
  if (whole === undefined || smallest === undefined) throw new Error('nothing is told');
  expect(smallest.bps).toBeLessThan(0.8 * whole.bps);
  await using viewers = new AsyncDisposableStack();
  const [limited, free] = await openTwo(leg, stream, '?layer=high');
  viewers.use(limited);
  viewers.use(free);
  await Promise.all([
    limited.shows('the limited viewer begins with all', (frame) => frame.width === width, 0),
    free.shows('so does the other', (frame) => frame.width === width, 0),
  ]);
  await sleep(1_000);
  const narrowedMs = wallMs();
  leg.limit((smallest.bps + whole.bps) / 2);
  const before = await limited.look();
  await until(
    'the limited viewer gets a part',
    async () => (await peers(stream)).some(({ rung }) => rung !== '' && rung !== whole.label),
    { timeoutMs: 15_000, everyMs: 200, detail: () => peers(stream) },
  );
  await sleep(4_000);
  const after = await limited.look();
  await free.look();
  expect(limited.longestGapMs(narrowedMs)).toBeLessThan(4_000 * stretch());
  expect(after.nacks - before.nacks).toBeLessThan(400);
  expect(after.keyframeRequests - before.keyframeRequests).toBeLessThan(3);
  expect(after.framesDropped - before.framesDropped).toBeLessThan(90);
  expect(free.shareOf(width, narrowedMs)).toBeGreaterThan(mostPictures);
  const toMs = wallMs();
  const part = { hz: limited.rateHz(toMs - 3_000, toMs), widths: limited.widths(toMs - 2_000) };
  const allHz = free.rateHz(toMs - 3_000, toMs);
  expect(part.hz < 0.8 * allHz || Math.max(...part.widths) < width).toBe(true);
}

async function watchTheOnlyOne(): Promise<void> {
  const stream = 'single';
  const single = { ...picture, codec: 'h264', width: 640, height: 360 } as const;
  await using published = await publishLayers(rig, stream, single, ({ rungs = [] }) => rungs.length > 0);
  await using viewer = await LayerViewer.open(rig, rig.gateway.url(`/whep/${stream}`));
  const begunMs = await viewer.shows('the picture', () => true, 0);
  const endMs = wallMs() + 8_000;
  while (wallMs() < endMs) {
    expect((await peers(stream)).filter(({ videoPaused }) => videoPaused)).toEqual([]);
    await sleep(500);
  }
  await viewer.look();
  expect(viewer.longestGapMs(begunMs)).toBeLessThan(2_500 * stretch());
  expect(labels(published.video.rungs)).toContain((await peers(stream))[0]?.rung);
}

async function obeyRemb(): Promise<void> {
  const stream = 'remb';
  await using leg: LossyLeg = await openLossyLeg(rig.gateway);
  await using published = await byObs(stream);
  await using viewer = await LayerViewer.open(rig, leg.url(`/whep/${stream}`), { remb: true });
  await viewer.shows('a picture', () => true, 0);
  await until(
    'the gateway goes by REMB',
    async () => (await peers(stream)).some(({ estimateSource }) => estimateSource === 'remb'),
    { timeoutMs: 20_000, detail: () => viewer.frames.length },
  );
  await viewer.shows('the largest', isLargest, 0);
  const narrowedMs = wallMs();
  leg.limit(narrowBps);
  await viewer.shows('a smaller one', isSmaller, narrowedMs);
  let peer: ViewerStatus | undefined;
  // An estimate that falls may fall below the smallest picture for a moment.
  await until(
    'the estimate is of the narrow way, and there is a picture that fits',
    async () => {
      [peer] = await peers(stream);
      return peer !== undefined && peer.estimateBps < 2 * narrowBps && !peer.videoPaused;
    },
    { timeoutMs: 10_000, detail: () => peer },
  );
  expect(labels(published.video.rungs)).toContain(peer?.rung);
}

const small = { parts: 3, width: 640, height: 360 };
const sizesStory =
  'a viewer whose way narrows gets a smaller one soon, and the largest again; others have the largest soon and keep it';
const partsStory = 'the parts are told, a limited viewer gets a smaller one without a stop, another all';

describe.concurrent('three sizes of a picture, layers inside one stream, one of each', () => {
  it(`vp8 of a browser: ${sizesStory}`, () => narrowAndWiden('browser', byBrowser), patienceMs);
  it('there is only one picture, and a viewer is never without it', watchTheOnlyOne, patienceMs);
  it.each([
    { ...small, codec: 'vp9', scalabilityMode: 'L1T3' },
    { codec: 'vp9', scalabilityMode: 'L3T3', parts: 5, width: 960, height: 540 },
    { ...small, codec: 'vp9', scalabilityMode: 'L2T2_KEY' },
  ] as const)(`$codec $scalabilityMode: ${partsStory}`, narrow, patienceMs);
  it(`h264 of OBS: ${sizesStory}`, () => narrowAndWiden('obs', byObs), patienceMs);
  it(
    `av1 L1T3: ${partsStory}`,
    () => narrow({ ...small, codec: 'av1', scalabilityMode: 'L1T3' }),
    patienceMs,
  );
  it('a viewer that estimates by itself gets what its REMB leaves room for', obeyRemb, patienceMs);
});
