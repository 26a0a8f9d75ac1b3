import { setTimeout as sleep } from 'node:timers/promises';

import { launchChromium, openRigPage } from '#test/kit/chromium.ts';
import { startGateway } from '#test/kit/gateway.ts';
import type { LayerStats, LayerWatchApi, ShownFrame } from '#test/kit/layer-watch-types.ts';
import { layerWatcher } from '#test/kit/layer-watcher.ts';
import { type LayeredPublisher, layeredPublisher } from '#test/kit/layered-publisher.ts';
import { servePages } from '#test/kit/page-server.ts';
import { until } from '#test/kit/wait.ts';

import { type NarrowWay, openNarrowWay } from './narrow-way.ts';

/** A publisher of three layers on this side, a viewer behind the narrow way. */
export interface AdaptRig extends AsyncDisposable {
  readonly way: NarrowWay;
  readonly viewer: LayerViewer;
  /** Publishes, watches, and resolves with the widest layer's width once it shows. */
  start(patienceMs: number): Promise<number>;
}

const source = { width: 1280, height: 720 } as const;
/** As video-conference pages do it: two fit into the narrow way, one does not. */
const layers = [
  { rid: 'q', scaleDownBy: 4, maxBitrateBps: 150_000 },
  { rid: 'h', scaleDownBy: 2, maxBitrateBps: 500_000 },
  { rid: 'f', scaleDownBy: 1, maxBitrateBps: 2_500_000 },
] as const;
const stream = 'adapt';
const layersTimeoutMs = 60_000;
const settleMs = 5_000;
const lookEveryMs = 100;
/** Frames that a viewer keeps until they are taken. */
const frameLimit = 50_000;

/** Opens namespace, gateway and both browsers. */
export async function openAdaptRig(chromiumPath: string): Promise<AdaptRig> {
  await using opened = new AsyncDisposableStack();
  const way = opened.use(await openNarrowWay(chromiumPath));
  const gateway = opened.use(
    await startGateway({
      env: {
        FRONTROW_RTC__ADDRESSES: `${way.hereIp},127.0.0.1`,
        // The browser in the other namespace comes over the wire.
        FRONTROW_HTTP__ADDRESS: '0.0.0.0',
        FRONTROW_AUTH__ALLOW_OPEN: 'true',
      },
    }),
  );
  const pages = opened.use(await servePages(way.hereIp));
  const here = await launchChromium();
  opened.defer(() => here.close());
  const there = await launchChromium(way.browserPath);
  opened.defer(() => there.close());
  const publishing = opened.use(await openRigPage(here, pages.origin));
  const watching = opened.use(await openRigPage(there, pages.origin));
  const publisher = await layeredPublisher(publishing);
  const viewer = new LayerViewer(await layerWatcher(watching));
  // Pages of another address may not ask loopback for anything.
  const reached = (path: string): string => gateway.url(path).replace('127.0.0.1', way.hereIp);
  const parts = opened.move();
  return {
    way,
    viewer,
    async start(patienceMs) {
      await publisher.publish({
        ...source,
        whipUrl: reached(`/whip/${stream}`),
        codec: 'h264',
        audio: true,
        maxBitrateBps: 3_000_000,
        layers,
      });
      await allLayersFlow(publisher);
      await viewer.watch(reached(`/whep/${stream}`));
      const top = await viewer.until((width) => width >= source.width, patienceMs);
      if (!top) console.log('the viewer never got the widest layer, measured from what it has');
      await sleep(settleMs);
      return top?.width ?? viewer.width;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** A browser sends its larger layers when its estimate has grown; one that never gets there is measured as it is. */
async function allLayersFlow(publisher: LayeredPublisher): Promise<void> {
  let before = new Map<string, number>();
  const flowing = async (): Promise<boolean> => {
    const report = await publisher.report();
    const now = new Map(report.layers.map(({ rid, packets }) => [rid, packets]));
    const running = layers.every(({ rid }) => (now.get(rid) ?? 0) > (before.get(rid) ?? 0) + 10);
    before = now;
    return running;
  };
  await until('all layers flow', flowing, { timeoutMs: layersTimeoutMs, everyMs: 1_000 }).catch(async () => {
    console.log(
      `not all layers flow, measured as it is: ${JSON.stringify((await publisher.report()).layers)}`,
    );
  });
}

/** The viewer's frames, collected as they are shown. */
export class LayerViewer {
  readonly #page: LayerWatchApi;
  #frames: ShownFrame[] = [];
  #stats: LayerStats | undefined;

  constructor(page: LayerWatchApi) {
    this.#page = page;
  }

  /** Of the newest frame; 0 before the first. */
  get width(): number {
    return this.#frames.at(-1)?.width ?? 0;
  }

  watch(whepUrl: string): Promise<void> {
    return this.#page.watch(whepUrl);
  }

  /** The first frame from now on whose width is wanted, undefined when none comes in time. */
  async until(wanted: (width: number) => boolean, timeoutMs: number): Promise<ShownFrame | undefined> {
    const deadlineMs = performance.now() + timeoutMs;
    const fromMs = performance.timeOrigin + performance.now();
    for (;;) {
      await this.#collect();
      const found = this.#frames.find(({ atMs, width }) => atMs >= fromMs && wanted(width));
      if (found || performance.now() > deadlineMs) return found;
      await sleep(lookEveryMs);
    }
  }

  /** All frames since the last call. */
  async take(): Promise<readonly ShownFrame[]> {
    await this.#collect();
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  async stats(): Promise<LayerStats> {
    await this.#collect();
    if (this.#stats === undefined) throw new Error('the viewer tells nothing');
    return this.#stats;
  }

  async #collect(): Promise<void> {
    const { frames, stats } = await this.#page.take();
    this.#frames.push(...frames);
    if (this.#frames.length > frameLimit) this.#frames.splice(0, this.#frames.length - frameLimit);
    this.#stats = stats;
  }
}
