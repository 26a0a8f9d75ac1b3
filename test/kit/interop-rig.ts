import { networkInterfaces } from 'node:os';

import type { Browser } from 'playwright-core';

import { launchChromium, openPage } from './chromium.ts';
import { type FirefoxPage, openFirefox } from './firefox.ts';
import { type Gateway, type GatewayOptions, startGateway, type StreamFacts } from './gateway.ts';
import { serveInteropPages } from './interop-pages.ts';
import type { InteropApi, InteropPage, InteropReport } from './interop-types.ts';
import { until } from './wait.ts';

/** A gateway, and browsers with clients of all makes. */
export interface InteropRig extends AsyncDisposable {
  readonly gateway: Gateway;
  chromium(): Promise<InteropPage>;
  firefox(): Promise<FirefoxPage>;
  /** One stream as the API tells; undefined when unknown. */
  stream(id: string): Promise<StreamFacts | undefined>;
  untilLive(stream: string): Promise<void>;
  untilBroadcast(stream: string): Promise<void>;
}

/**
 * Starts a gateway that clients reach which leave the loopback interface out (Firefox, GStreamer, aiortc): the machine's own
 * address comes first, and packets to it never leave the machine.
 */
export function startReachableGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  const addresses = [...own.slice(0, 1), '127.0.0.1'].join(',');
  return startGateway({ ...options, env: { FRONTROW_RTC__ADDRESSES: addresses, ...options.env } });
}

/** How a rig is opened. */
export interface InteropOptions extends GatewayOptions {
  /** For the API, where the gateway asks for one. */
  readonly operatorKey?: string;
}

/** Opens the rig; Chromium starts when the first of its pages is asked for. */
export async function openInteropRig(options: InteropOptions = {}): Promise<InteropRig> {
  await using opened = new AsyncDisposableStack();
  const pages = opened.use(await serveInteropPages());
  const gateway = opened.use(await startReachableGateway(options));
  let browser: Browser | undefined;
  opened.defer(() => browser?.close());
  const parts = opened.move();
  const authorization =
    options.operatorKey === undefined ? {} : { Authorization: `Bearer ${options.operatorKey}` };
  const stream = async (id: string): Promise<StreamFacts | undefined> => {
    const url = gateway.url(`/api/streams/${id}`);
    const response = await fetch(url, { headers: authorization, signal: AbortSignal.timeout(20_000) });
    return response.ok ? ((await response.json()) as StreamFacts) : undefined;
  };
  return {
    gateway,
    stream,
    async chromium() {
      browser ??= await launchChromium();
      return openChromiumPage(browser, pages.url);
    },
    firefox: () => openFirefox(pages.url),
    async untilLive(id) {
      await until(`${id} is live`, async () => (await stream(id))?.live, {
        timeoutMs: 20_000,
        detail: () => gateway.logs.slice(-5),
      });
    },
    async untilBroadcast(id) {
      await until(`${id} has a playlist`, async () => (await stream(id))?.hls?.ready, {
        timeoutMs: 30_000,
        detail: () => gateway.logs.slice(-5),
      });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function openChromiumPage(browser: Browser, url: string): Promise<InteropPage> {
  const opened = await openPage(browser, url);
  await opened.page.waitForFunction(() => 'interop' in globalThis, undefined, { timeout: 60_000 });
  return {
    complaints: opened.complaints,
    call: (name, ...args) =>
      opened.page.evaluate(
        ([method, values]) => {
          const { interop } = globalThis as unknown as {
            interop: Record<string, (...all: unknown[]) => unknown>;
          };
          return interop[method]?.(...values);
        },
        [name, args] as [string, unknown[]],
      ) as ReturnType<InteropApi[typeof name]>,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** What a watching page must have shown and sounded. */
export interface Wanted {
  /** New pictures with an intact barcode; 0 for publishers whose pictures have none. */
  readonly framesRead?: number;
  readonly framesShown?: number;
  readonly toneHz: number;
}

/** Waits until a page has shown moving pictures and sounded the publisher's tone. */
export async function untilWatched(
  page: InteropPage,
  { framesRead = 20, framesShown = 20, toneHz }: Wanted,
): Promise<InteropReport> {
  let last: InteropReport | undefined;
  return until(
    `${framesRead} new pictures and a tone of ${toneHz} Hz`,
    async () => {
      last = await page.call('report');
      const sounds = Math.abs(last.audio.peakHz - toneHz) < 40;
      return sounds && last.framesRead >= framesRead && last.framesShown >= framesShown ? last : undefined;
    },
    { timeoutMs: 30_000, everyMs: 250, detail: () => [last, page.complaints] },
  );
}
