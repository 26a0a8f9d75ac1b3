import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrackReport } from '#src/core/plane.ts';
import type { StreamStatus } from '#src/core/status.ts';
import type { RigPage } from '#test/kit/chromium.ts';
import type { LayerStats, LayerWatchApi, ShownFrame } from '#test/kit/layer-watch-types.ts';
import { layerWatcher } from '#test/kit/layer-watcher.ts';
import { type LayeredPublisher, layeredPublisher } from '#test/kit/layered-publisher.ts';
import type { LayeredOptions } from '#test/kit/layered-types.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const picture = { width: 1280, height: 720, audio: true, maxBitrateBps: 1_200_000 };
const threeSizes = [
  { rid: 'q', scaleDownBy: 4, maxBitrateBps: 120_000 },
  { rid: 'h', scaleDownBy: 2, maxBitrateBps: 350_000 },
  { rid: 'f', scaleDownBy: 1, maxBitrateBps: 900_000 },
];
const wallMs = (): number => performance.timeOrigin + performance.now();

async function status(stream: string): Promise<StreamStatus> {
  const response = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(5_000),
  });
  return (await response.json()) as StreamStatus;
}

/** Publishes, and waits until the stream is what it is to be. */
async function publish(
  stream: string,
  options: Pick<LayeredOptions, 'codec'> & Partial<LayeredOptions>,
  isComplete: (video: TrackReport) => boolean,
): Promise<LayeredPublisher & AsyncDisposable> {
  const page = await rig.page();
  const publisher = await layeredPublisher(page);
  await publisher.publish({
    ...picture,
    layers: [],
    ...options,
    whipUrl: rig.gateway.url(`/whip/${stream}`),
  });
  await until(
    `${stream} is complete`,
    async () => {
      const video = (await status(stream)).tracks.find(({ kind }) => kind === 'video');
      return video !== undefined && isComplete(video);
    },
    { timeoutMs: 60_000, everyMs: 500 },
  );
  return { ...publisher, [Symbol.asyncDispose]: () => page[Symbol.asyncDispose]() };
}

/** A viewer that asks for layers. */
class Chooser implements AsyncDisposable {
  readonly frames: ShownFrame[] = [];
  readonly session: string;
  readonly #page: RigPage;
  readonly #api: LayerWatchApi;

  private constructor(page: RigPage, api: LayerWatchApi, session: string) {
    this.#page = page;
    this.#api = api;
    this.session = session;
  }

  static async open(stream: string, query = ''): Promise<Chooser> {
    const page = await rig.page();
    const api = await layerWatcher(page);
    await api.watch(rig.gateway.url(`/whep/${stream}${query}`));
    const [peer] = (await status(stream)).interactivePeers.slice(-1);
    return new Chooser(page, api, rig.gateway.url(`/whep/${stream}/${peer?.session ?? ''}`));
  }

  /** Asks for something; gives when. */
  async choose(body: object): Promise<number> {
    const response = await fetch(`${this.session}/layer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    return wallMs();
  }

  async look(): Promise<LayerStats> {
    const { frames, stats } = await this.#api.take();
    this.frames.push(...frames);
    return stats;
  }

  /** When the first frame of this width after `sinceMs` was shown. */
  shows(width: number, sinceMs: number): Promise<number> {
    return until(
      `a frame ${width} wide`,
      async () => {
        await this.look();
        return this.frames.find((frame) => frame.atMs >= sinceMs && frame.width === width)?.atMs;
      },
      { timeoutMs: 30_000, everyMs: 100, detail: () => [this.frames.slice(-3), this.session] },
    );
  }

  /** Widths shown while some time passes. */
  async widthsFor(spanMs: number): Promise<number[]> {
    const fromMs = wallMs();
    await sleep(spanMs);
    await this.look();
    return [...new Set(this.frames.filter(({ atMs }) => atMs >= fromMs).map(({ width }) => width))];
  }

  async rateHz(spanMs: number): Promise<number> {
    const before = (await this.look()).framesDecoded;
    await sleep(spanMs);
    return (((await this.look()).framesDecoded - before) * 1_000) / spanMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api.stop();
    await this.#page[Symbol.asyncDispose]();
  }
}

describe('a viewer of three sizes', () => {
  it('picks one, leaves it to us again, and turns the picture off and on', async () => {
    const stream = 'sizes';
    await using publisher = await publish(
      stream,
      { codec: 'vp8', layers: threeSizes },
      ({ layers, rungs = [] }) => {
        return layers.filter(({ width }) => width > 0).length === 3 && (rungs.at(-1)?.bps ?? 0) > 500_000;
      },
    );
    await using viewer = await Chooser.open(stream);
    await using other = await Chooser.open(stream);
    await viewer.shows(1280, 0);
    await other.shows(1280, 0);

    const lowMs = await viewer.choose({ layer: 'low' });
    const shownLowMs = await viewer.shows(320, lowMs);
    expect(shownLowMs - lowMs).toBeLessThan(5_000);
    expect(await viewer.widthsFor(3_000)).toEqual([320]);
    const viewers = (await status(stream)).interactivePeers;
    expect(viewers.map(({ wish }) => wish)).toContainEqual({ picture: 'smallest' });

    await viewer.shows(640, await viewer.choose({ mediaId: '0', encodingId: 'h', simulcastIdx: 1 }));
    await viewer.shows(320, await viewer.choose({ maxHeight: 200 }));
    await viewer.shows(1280, await viewer.choose({}));

    await viewer.choose({ off: true });
    await sleep(1_000);
    const quiet = await viewer.look();
    expect(await viewer.widthsFor(3_000)).toEqual([]);
    const later = await viewer.look();
    expect(later.audioPackets - quiet.audioPackets).toBeGreaterThan(75);
    expect(later.bytes - quiet.bytes).toBeLessThan(5_000);
    const onMs = await viewer.choose({});
    expect((await viewer.shows(1280, onMs)) - onMs).toBeLessThan(5_000);
    await other.look();
    expect([...new Set(other.frames.map(({ width }) => width))].at(-1)).toBe(1280);
    expect((await publisher.report()).connection).toBe('connected');
  });

  it('chooses with its offer: the large picture never comes', async () => {
    const stream = 'query';
    await using publisher = await publish(stream, { codec: 'h264', layers: threeSizes }, ({ layers }) => {
      return layers.filter(({ width, bitrateBps }) => width > 0 && bitrateBps > 0).length === 3;
    });
    await using viewer = await Chooser.open(stream, '?layer=low');
    await viewer.shows(320, 0);
    await sleep(4_000);
    await viewer.look();
    expect([...new Set(viewer.frames.map(({ width }) => width))]).toEqual([320]);
    expect((await publisher.report()).connection).toBe('connected');
  });
});

describe('a viewer of layers inside one stream', () => {
  it('takes fewer of either kind, exactly as asked, and all again', async () => {
    const stream = 'inside';
    const small = { width: 960, height: 540, maxBitrateBps: 900_000 };
    await using publisher = await publish(
      stream,
      { codec: 'vp9', scalabilityMode: 'L3T3', ...small },
      ({ layers }) => layers[0]?.parts?.length === 9,
    );
    await using viewer = await Chooser.open(stream);
    await viewer.shows(960, 0);
    await sleep(2_000);
    const wholeHz = await viewer.rateHz(3_000);

    await viewer.choose({ maxTemporalLayerId: 0 });
    await sleep(1_000);
    expect(await viewer.rateHz(4_000)).toBeLessThan(0.6 * wholeHz);
    expect(await viewer.widthsFor(500)).toEqual([960]);

    await viewer.shows(480, await viewer.choose({ spatialLayerId: 1, temporalLayerId: 2 }));
    expect(await viewer.widthsFor(2_000)).toEqual([480]);
    const [told] = (await status(stream)).interactivePeers;
    expect([told?.rung, told?.wish]).toEqual(['S1T2', { spatialLayer: 1, temporalLayer: 2 }]);

    await viewer.shows(960, await viewer.choose({}));
    expect((await publisher.report()).connection).toBe('connected');
  });
});
