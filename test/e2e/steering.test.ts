import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { launchChromium, openPage, type OpenPage } from '#test/kit/chromium.ts';
import { startFfmpegEpoch, type FfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { openHlsRig, openServer, quickHls, type HlsRig } from '#test/kit/hls-rig.ts';
import { servePages, type PageServer } from '#test/kit/page-server.ts';
import type { SteeredApi, SteeredReport } from '#test/kit/steered-types.ts';
import { until } from '#test/kit/wait.ts';

/** A cache on the way that may break. */
interface Cdn extends AsyncDisposable {
  readonly base: string;
  broken: boolean;
  /** Files that it gave. */
  served: number;
}

async function openCdn(origin: string): Promise<Cdn> {
  const state = { broken: false, served: 0 };
  const server = await openServer((request, response) => {
    if (state.broken) {
      response.writeHead(503, { 'Access-Control-Allow-Origin': '*' }).end();
      return;
    }
    state.served += 1;
    const { url = '', headers } = request;
    const range = headers.range === undefined ? {} : { range: headers.range };
    void exchange(`${origin}${url}`, { headers: range }).then(({ status, headers: kept, body }) => {
      const others = Object.entries(kept).filter(([name]) => !/^(connection|keep-alive|transfer)/.test(name));
      response.writeHead(status, Object.fromEntries(others)).end(body);
    });
  });
  return Object.assign(state, {
    base: server.base,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

const opened = new AsyncDisposableStack();
let rig: HlsRig;
let near: Cdn;
let far: Cdn;
let browser: Browser;
let pages: PageServer;
let source: FfmpegEpoch;
const config = (priority: readonly string[]): HlsConfig =>
  hlsConfig.parse({
    ...quickHls,
    steering: {
      pathways: [
        { id: 'near', baseUrl: near.base },
        { id: 'far', baseUrl: far.base },
      ],
      priority,
      ttlS: 5,
    },
  });

beforeAll(async () => {
  rig = opened.use(await openHlsRig(quickHls));
  near = opened.use(await openCdn(rig.base));
  far = opened.use(await openCdn(rig.base));
  pages = opened.use(await servePages());
  browser = await launchChromium();
  opened.defer(() => browser.close());
  source = opened.use(startFfmpegEpoch(1));
  rig.packager.accept(source.epoch);
  rig.origin.reconfigure(config([]));
}, 60_000);
afterAll(() => opened[Symbol.asyncDispose]());

const ask = ({ page }: OpenPage): Promise<SteeredReport> =>
  page.evaluate(() => (globalThis as unknown as { steered: SteeredApi }).steered.report());

/** Waits until the media comes over this pathway, and goes on. */
async function untilOn(page: OpenPage, pathway: string): Promise<void> {
  let report = await ask(page);
  const detail = (): unknown => [report, near.served, far.served, page.complaints.slice(-5)];
  const arrived = await until(
    `media over ${pathway}`,
    async () => {
      report = await ask(page);
      return report.pathway === pathway && report;
    },
    { timeoutMs: 40_000, detail },
  );
  await until(
    'time that goes on',
    async () => {
      report = await ask(page);
      return report.currentTimeS > arrived.currentTimeS + 1;
    },
    { timeoutMs: 20_000, detail },
  );
}

describe('hls.js in Chromium', () => {
  it('shows pictures for seeking, goes where the operator wants it to, and elsewhere when that breaks', async () => {
    await using page = await openPage(browser, `${pages.origin}/kit/pages/steered.html`);
    await page.page.waitForFunction(() => 'steered' in globalThis);
    await page.page.evaluate(
      (url) => (globalThis as unknown as { steered: SteeredApi }).steered.watch(url),
      rig.url,
    );
    await untilOn(page, 'near');
    expect(near.served).toBeGreaterThan(0);
    expect(far.served).toBe(0);
    const width = await page.page.evaluate(() =>
      (globalThis as unknown as { steered: SteeredApi }).steered.pictureWidth(),
    );
    expect(width, 'of a picture for seeking').toBe(320);

    rig.origin.reconfigure(config(['far']));
    await untilOn(page, 'far');
    expect(far.served).toBeGreaterThan(0);

    far.broken = true;
    await untilOn(page, 'near');
    expect((await ask(page)).ending).toBe('');
  }, 180_000);
});
