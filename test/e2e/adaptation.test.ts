import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RungReport, TrackReport } from '#src/core/plane.ts';
import type { StreamStatus, ViewerStatus } from '#src/core/status.ts';
import type {
  LayerStats,
  LayerWatchApi,
  LayerWatchOptions,
  ShownFrame,
} from '#test/kit/layer-watch-types.ts';
import { layerWatcher } from '#test/kit/layer-watcher.ts';
import { layeredPublisher } from '#test/kit/layered-publisher.ts';
import type { LayeredOptions } from '#test/kit/layered-types.ts';
import { type LossyLeg, openLossyLeg } from '#test/kit/lossy-leg.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

let rig: Rig;

beforeAll(async () => {
  // The narrow way leads to one port.
  rig = await openRig({ env: { FRONTROW_MEDIA__WORKERS: '1' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

const picture: Omit<LayeredOptions, 'whipUrl' | 'layers' | 'codec'> = {
  width: 1280,
  height: 720,
  audio: true,
  maxBitrateBps: 1_800_000,
};
const threeSizes = [
  { rid: 'q', scaleDownBy: 4, maxBitrateBps: 120_000 },
  { rid: 'h', scaleDownBy: 2, maxBitrateBps: 400_000 },
  { rid: 'f', scaleDownBy: 1, maxBitrateBps: 1_500_000 },
];
const wideBps = 5_000_000;
const narrowBps = 1_000_000;

async function status(stream: string): Promise<StreamStatus> {
  const response = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(5_000),
  });
  return (await response.json()) as StreamStatus;
}

async function videoOf(stream: string): Promise<TrackReport | undefined> {
  return (await status(stream)).tracks.find(({ kind }) => kind === 'video');
}

/** Publishes, and waits until the API tells the rungs that are expected. */
async function publish(
  stream: string,
  options: Pick<LayeredOptions, 'codec'> & Partial<LayeredOptions>,
  isComplete: (rungs: readonly RungReport[]) => boolean,
): Promise<AsyncDisposable & { rungs: readonly RungReport[] }> {
  const page = await rig.page();
  const publisher = await layeredPublisher(page);
  const whipUrl = rig.gateway.url(`/whip/${stream}`);
  await publisher.publish({ ...picture, layers: [], ...options, whipUrl });
  let last: unknown;
  const rungs = await until(
    `${stream} has all its rungs`,
    async () => {
      const video = await videoOf(stream);
      last = [video, await publisher.report()];
      const rungs = video?.rungs ?? [];
      return isComplete(rungs) ? rungs : undefined;
    },
    { timeoutMs: 60_000, everyMs: 500, detail: () => last },
  );
  return { rungs, [Symbol.asyncDispose]: () => page[Symbol.asyncDispose]() };
}

/** A viewer, all that it showed and when. */
class Watching implements AsyncDisposable {
  readonly frames: ShownFrame[] = [];
  readonly #page: AsyncDisposable;
  readonly #api: LayerWatchApi;
  #stats: LayerStats | undefined;

  private constructor(page: AsyncDisposable, api: LayerWatchApi) {
    this.#page = page;
    this.#api = api;
  }

  static async open(whepUrl: string, options: LayerWatchOptions = {}): Promise<Watching> {
    const page = await rig.page();
    const api = await layerWatcher(page);
    await api.watch(whepUrl, options);
    return new Watching(page, api);
  }

  async look(): Promise<LayerStats> {
    const { frames, stats } = await this.#api.take();
    this.frames.push(...frames);
    return (this.#stats = stats);
  }

  /** When the first frame after `sinceMs` was shown that is like this. */
  shows(what: string, like: (frame: ShownFrame) => boolean, sinceMs: number): Promise<number> {
    return until(
      what,
      async () => {
        await this.look();
        return this.frames.find((frame) => frame.atMs >= sinceMs && like(frame))?.atMs;
      },
      { timeoutMs: 45_000, everyMs: 100, detail: () => [this.#stats, this.frames.slice(-3)] },
    );
  }

  longestGapMs(fromMs: number): number {
    const times = this.frames.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
    return Math.max(...times.slice(1).map((atMs, i) => atMs - (times[i] ?? atMs)));
  }

  widths(fromMs: number): number[] {
    return [...new Set(this.frames.filter(({ atMs }) => atMs >= fromMs).map(({ width }) => width))];
  }

  rateHz(fromMs: number, toMs: number): number {
    const shown = this.frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
    return (shown * 1000) / (toMs - fromMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api.stop();
    await this.#page[Symbol.asyncDispose]();
  }
}

const wallMs = (): number => performance.timeOrigin + performance.now();

async function peers(stream: string): Promise<readonly ViewerStatus[]> {
  return (await status(stream)).interactivePeers;
}

function hasThreeSizes(rungs: readonly RungReport[]): boolean {
  return (rungs.at(-1)?.bps ?? 0) > 900_000 && new Set(rungs.map(({ layer }) => layer)).size === 3;
}

describe('three sizes of a picture', () => {
  it.each(['vp8', 'h264'] as const)(
    '%s: a viewer whose way narrows gets a smaller one soon, and the largest again; others keep theirs',
    async (codec) => {
      await using leg: LossyLeg = await openLossyLeg(rig.gateway);
      leg.limit(wideBps);
      await using published = await publish(codec, { codec, layers: threeSizes }, hasThreeSizes);
      await using limited = await Watching.open(leg.url(`/whep/${codec}`));
      await using free = await Watching.open(rig.gateway.url(`/whep/${codec}`));
      const isLargest = ({ width }: ShownFrame): boolean => width === 1280;
      await limited.shows('the limited viewer begins with the largest', isLargest, 0);
      await free.shows('so does the other', isLargest, 0);
      await sleep(3_000);
      const narrowedMs = wallMs();
      leg.limit(narrowBps);
      const fellMs = await limited.shows('a smaller one comes', ({ width }) => width < 1280, narrowedMs);
      expect(fellMs - narrowedMs).toBeLessThan(4_000);
      await sleep(8_000);
      const widenedMs = wallMs();
      leg.limit(wideBps);
      const roseMs = await limited.shows('the largest comes again', isLargest, widenedMs);
      expect(roseMs - widenedMs).toBeLessThan(25_000);
      await sleep(2_000);
      const stats = await limited.look();
      await free.look();
      expect(limited.longestGapMs(narrowedMs)).toBeLessThan(2_500);
      expect(stats.keyframeRequests).toBeLessThan(4);
      expect(free.widths(narrowedMs)).toEqual([1280]);
      const told = await peers(codec);
      expect(told.map(({ estimateSource }) => estimateSource)).toEqual(['transport-cc', 'transport-cc']);
      expect(told.every(({ videoPaused }) => !videoPaused)).toBe(true);
      expect(published.rungs.length).toBeGreaterThanOrEqual(3);
    },
  );
});

describe('layers inside one stream', () => {
  it.each([
    ['vp9', 'L3T3', 5, [960, 540]],
    ['vp9', 'L2T2_KEY', 3, [640, 360]],
    ['vp9', 'L1T3', 3, [640, 360]],
    ['av1', 'L1T3', 3, [640, 360]],
  ] as const)(
    '%s %s: the parts are told, a limited viewer gets a smaller one without a stop, another all',
    async (codec, scalabilityMode, parts, [width, height]) => {
      const stream = `${codec}-${scalabilityMode.toLowerCase().replace('_', '-')}`;
      await using leg: LossyLeg = await openLossyLeg(rig.gateway);
      await using published = await publish(
        stream,
        { codec, scalabilityMode, width, height, maxBitrateBps: 900_000 },
        (rungs) => rungs.length === parts && rungs.every(({ bps }) => bps > 0),
      );
      const whole = published.rungs.at(-1);
      const smallest = published.rungs[0];
      if (whole === undefined || smallest === undefined) throw new Error('nothing is told');
      expect(smallest.bps).toBeLessThan(0.8 * whole.bps);
      await using limited = await Watching.open(leg.url(`/whep/${stream}`));
      await using free = await Watching.open(rig.gateway.url(`/whep/${stream}`));
      await limited.shows('the limited viewer begins with all', (frame) => frame.width === width, 0);
      await free.shows('so does the other', (frame) => frame.width === width, 0);
      await sleep(2_000);
      const narrowedMs = wallMs();
      leg.limit((smallest.bps + whole.bps) / 2);
      const before = await limited.look();
      await until(
        'the limited viewer gets a part',
        async () => (await peers(stream)).some(({ rung }) => rung !== '' && rung !== whole.label),
        { timeoutMs: 15_000, everyMs: 200, detail: () => peers(stream) },
      );
      await sleep(6_000);
      const after = await limited.look();
      await free.look();
      expect(limited.longestGapMs(narrowedMs)).toBeLessThan(4_000);
      expect(after.nacks - before.nacks).toBeLessThan(400);
      expect(after.keyframeRequests - before.keyframeRequests).toBeLessThan(3);
      expect(after.framesDropped - before.framesDropped).toBeLessThan(90);
      expect(free.widths(narrowedMs)).toEqual([width]);
      const toMs = wallMs();
      const part = { hz: limited.rateHz(toMs - 4_000, toMs), widths: limited.widths(toMs - 2_000) };
      const allHz = free.rateHz(toMs - 4_000, toMs);
      expect(part.hz < 0.8 * allHz || Math.max(...part.widths) < width).toBe(true);
    },
  );
});

describe('a viewer on a fine way', () => {
  it('gets the largest size soon after it joined, and keeps it', async () => {
    const stream = 'fine';
    await using published = await publish(stream, { codec: 'vp8', layers: threeSizes }, hasThreeSizes);
    await sleep(3_000);
    const joinedMs = wallMs();
    await using viewer = await Watching.open(rig.gateway.url(`/whep/${stream}`));
    const topMs = await viewer.shows('the largest', ({ width }) => width === 1280, joinedMs);
    expect(topMs - joinedMs).toBeLessThan(25_000);
    await sleep(12_000);
    await viewer.look();
    expect(viewer.widths(topMs)).toEqual([1280]);
    expect(published.rungs.map(({ label }) => label)).toContain((await peers(stream))[0]?.rung);
  });

  it('is never without the only picture there is', async () => {
    const stream = 'single';
    await using published = await publish(stream, { codec: 'h264', layers: [] }, (rungs) => rungs.length > 0);
    await using viewer = await Watching.open(rig.gateway.url(`/whep/${stream}`));
    const begunMs = await viewer.shows('the picture', () => true, 0);
    const endMs = wallMs() + 12_000;
    while (wallMs() < endMs) {
      expect((await peers(stream)).filter(({ videoPaused }) => videoPaused)).toEqual([]);
      await sleep(500);
    }
    await viewer.look();
    expect(viewer.longestGapMs(begunMs)).toBeLessThan(2_500);
    expect(published.rungs.map(({ label }) => label)).toContain((await peers(stream))[0]?.rung);
  });
});

describe('a viewer that estimates by itself', () => {
  it('gets what its REMB leaves room for', async () => {
    const stream = 'remb';
    await using leg: LossyLeg = await openLossyLeg(rig.gateway);
    await using published = await publish(stream, { codec: 'vp8', layers: threeSizes }, hasThreeSizes);
    await using viewer = await Watching.open(leg.url(`/whep/${stream}`), { remb: true });
    await viewer.shows('a picture', () => true, 0);
    await until(
      'the gateway goes by REMB',
      async () => (await peers(stream)).some(({ estimateSource }) => estimateSource === 'remb'),
      { timeoutMs: 20_000, detail: () => viewer.frames.length },
    );
    await viewer.shows('the largest', ({ width }) => width === 1280, 0);
    const narrowedMs = wallMs();
    leg.limit(narrowBps);
    await viewer.shows('a smaller one', ({ width }) => width < 1280, narrowedMs);
    await sleep(3_000);
    const [peer] = await peers(stream);
    expect(peer?.estimateBps).toBeLessThan(2 * narrowBps);
    expect(peer?.videoPaused).toBe(false);
    expect(published.rungs.map(({ label }) => label)).toContain(peer?.rung);
  });
});
