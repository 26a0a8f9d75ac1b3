import { setTimeout as sleep } from 'node:timers/promises';

import type { TrackReport } from '#src/core/plane-report.ts';
import type { StreamStatus } from '#src/core/status.ts';
import type { RigPage } from './chromium.ts';
import type { Gateway } from './gateway.ts';
import type { LayerStats, LayerWatchApi, LayerWatchOptions, ShownFrame } from './layer-watch-types.ts';
import { layerWatcher } from './layer-watcher.ts';
import { type LayeredPublisher, layeredPublisher } from './layered-publisher.ts';
import type { LayeredOptions } from './layered-types.ts';
import type { Rig } from './rig.ts';
import { until } from './wait.ts';

/** What frames are stamped with. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

/** One stream as the API tells it, whole. */
export async function statusOf(gateway: Gateway, stream: string): Promise<StreamStatus> {
  const response = await fetch(gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(20_000),
  });
  return (await response.json()) as StreamStatus;
}

/** A page that publishes layers, and its video as the API told it when it was complete. */
export interface PublishedLayers extends LayeredPublisher, AsyncDisposable {
  readonly video: TrackReport;
}

/** Publishes from a page of its own, and waits until the API tells all that is expected. */
export async function publishLayers(
  rig: Rig,
  stream: string,
  options: Omit<LayeredOptions, 'whipUrl'>,
  isComplete: (video: TrackReport) => boolean,
): Promise<PublishedLayers> {
  const page = await rig.page();
  const publisher = await layeredPublisher(page);
  await publisher.publish({ ...options, whipUrl: rig.gateway.url(`/whip/${stream}`) });
  let last: unknown;
  const video = await until(
    `${stream} is complete`,
    async () => {
      const video = (await statusOf(rig.gateway, stream)).tracks.find(({ kind }) => kind === 'video');
      last = [video, await publisher.report()];
      return video !== undefined && isComplete(video) ? video : undefined;
    },
    { timeoutMs: 60_000, everyMs: 250, detail: () => last },
  );
  return { ...publisher, video, [Symbol.asyncDispose]: () => page[Symbol.asyncDispose]() };
}

/** A viewer that notes every frame that it showed and when. */
export class LayerViewer implements AsyncDisposable {
  readonly frames: ShownFrame[] = [];
  readonly #page: RigPage;
  readonly #api: LayerWatchApi;
  #stats: LayerStats | undefined;

  private constructor(page: RigPage, api: LayerWatchApi) {
    this.#page = page;
    this.#api = api;
  }

  static async open(rig: Rig, whepUrl: string, options: LayerWatchOptions = {}): Promise<LayerViewer> {
    const page = await rig.page();
    const api = await layerWatcher(page);
    await api.watch(whepUrl, options);
    return new LayerViewer(page, api);
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
      { timeoutMs: 45_000, everyMs: 150, detail: () => [this.#stats, this.frames.slice(-3)] },
    );
  }

  longestGapMs(fromMs: number): number {
    const times = this.frames.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
    return Math.max(...times.slice(1).map((atMs, i) => atMs - (times[i] ?? atMs)));
  }

  widths(fromMs: number): number[] {
    return [...new Set(this.frames.filter(({ atMs }) => atMs >= fromMs).map(({ width }) => width))];
  }

  /** Of the frames shown since then, the share that was this wide; 0 when there were none. */
  shareOf(width: number, fromMs: number): number {
    const shown = this.frames.filter(({ atMs }) => atMs >= fromMs);
    return shown.filter((frame) => frame.width === width).length / Math.max(1, shown.length);
  }

  /** Widths shown while some time passes. */
  async widthsFor(spanMs: number): Promise<number[]> {
    const fromMs = wallMs();
    await sleep(spanMs);
    await this.look();
    return this.widths(fromMs);
  }

  /** Frames shown a second between two times. */
  rateHz(fromMs: number, toMs: number): number {
    const shown = this.frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
    return (shown * 1000) / (toMs - fromMs);
  }

  /** Frames decoded a second while some time passes. */
  async decodedHz(spanMs: number): Promise<number> {
    const before = (await this.look()).framesDecoded;
    const fromMs = performance.now();
    await sleep(spanMs);
    const decoded = (await this.look()).framesDecoded - before;
    return (decoded * 1_000) / (performance.now() - fromMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api.stop();
    await this.#page[Symbol.asyncDispose]();
  }
}
