import { launchChromium, type OpenPage, openPage, openRigPage, type RigPage } from './chromium.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import { servePages } from './page-server.ts';
import type { SendOptions, WatchReport } from './rig-types.ts';
import { openShakaPage, type ShakaPage } from './shaka-page.ts';
import { until } from './wait.ts';

/** A gateway, a Chromium and the rig's pages: everything an end-to-end proof needs. */
export interface Rig extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Opens a rig page; dispose it to close it. */
  page(): Promise<RigPage>;
  /** Opens a page with Shaka Player. */
  shaka(): Promise<ShakaPage>;
  /** Opens one of the product's own pages. */
  visit(path: string): Promise<OpenPage>;
  /** Publishes from a page and resolves when the API calls the stream live. */
  publish(page: RigPage, stream: string, options?: Partial<SendOptions>): Promise<string>;
  watchWhep(page: RigPage, stream: string): Promise<void>;
  /** Waits until the stream has a playlist, then plays it. */
  watchHls(page: RigPage, stream: string): Promise<void>;
}

/** What the proofs publish unless they say otherwise. */
export const usualSource: SendOptions = {
  width: 640,
  height: 360,
  frameRateHz: 30,
  video: true,
  audio: true,
  toneHz: 440,
  codec: 'h264',
  maxBitrateBps: 1_500_000,
};

/** Opens the whole rig. */
export async function openRig(options: GatewayOptions = {}): Promise<Rig> {
  await using opened = new AsyncDisposableStack();
  const pages = opened.use(await servePages());
  const gateway = opened.use(await startGateway(options));
  const browser = await launchChromium();
  opened.defer(() => browser.close());
  const parts = opened.move();
  return {
    gateway,
    page: () => openRigPage(browser, pages.origin),
    shaka: () => openShakaPage(browser, pages.origin),
    visit: (path) => openPage(browser, gateway.url(path)),
    async publish(page, stream, changes = {}) {
      const whipUrl = gateway.url(`/whip/${stream}`);
      const location = await page.call('publish', { ...usualSource, ...changes, whipUrl, gathering: 'none' });
      await until(`${stream} is live`, async () => (await gateway.stream(stream))?.live, {
        timeoutMs: 20_000,
      });
      return location;
    },
    async watchWhep(page, stream) {
      await page.call('watchWhep', { whepUrl: gateway.url(`/whep/${stream}`), gathering: 'none' });
    },
    async watchHls(page, stream) {
      await until(`${stream} has a playlist`, async () => (await gateway.stream(stream))?.hls?.ready, {
        timeoutMs: 30_000,
        detail: () => gateway.logs.slice(-10),
      });
      await page.call('watchHls', { hlsUrl: gateway.url(`/hls/${stream}/index.m3u8`) });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Asks a watching page until its report satisfies; tells the last report when it never does. */
export async function untilSeen(
  page: RigPage,
  what: string,
  seen: (report: WatchReport) => boolean,
  timeoutMs = 30_000,
): Promise<WatchReport> {
  let last: WatchReport | undefined;
  return until(
    what,
    async () => {
      last = await page.call('watchReport');
      return seen(last) ? last : undefined;
    },
    { timeoutMs, everyMs: 250, detail: () => [last, page.complaints] },
  );
}
