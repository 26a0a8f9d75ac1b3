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

/** Where passes are needed, in the path of every request. */
const pass = 'the-pass';
/** In place of Frontrow-Edge: the name of a cache that has seen the pass. */
const edgeHeader = 'x-edge';

/** Opens a cache; one with a name asks for the pass and takes it out of the path. */
async function openCdn(
  origin: string,
  at: { edge?: string; port?: number; host?: string } = {},
): Promise<Cdn> {
  const state = { broken: false, served: 0 };
  const server = await openServer((request, response) => {
    const { headers, url = '' } = request;
    const target = at.edge === undefined ? url : url.replace(`/hls/t/${pass}/`, '/hls/');
    if (state.broken || (at.edge !== undefined && target === url)) {
      response.writeHead(state.broken ? 503 : 403, { 'Access-Control-Allow-Origin': '*' }).end();
      return;
    }
    state.served += 1;
    const passed = {
      ...(headers.range !== undefined && { range: headers.range }),
      ...(at.edge !== undefined && { [edgeHeader]: at.edge }),
    };
    void exchange(`${origin}${target}`, { headers: passed }).then(({ status, headers: kept, body }) => {
      const others = Object.entries(kept).filter(([name]) => !/^(connection|keep-alive|transfer)/.test(name));
      response.writeHead(status, Object.fromEntries(others)).end(body);
    });
  }, at);
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
  rig = opened.use(
    await openHlsRig(quickHls, ({ headers }) =>
      Promise.resolve({ audience: 'public', maxHeight: undefined, edge: headers[edgeHeader]?.toString() }),
    ),
  );
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

  it('takes its pass along to other caches, which all have the same playlist for every pass', async () => {
    // Players change the host of a URI, not its port.
    await using first = await openCdn(rig.base, { edge: 'first' });
    const port = Number(new URL(first.base).port);
    await using second = await openCdn(rig.base, { edge: 'second', port, host: '127.0.0.2' });
    const pathways = [
      { id: 'first', baseUrl: 'http://127.0.0.1' },
      { id: 'second', baseUrl: 'http://127.0.0.2' },
    ];
    rig.origin.reconfigure(
      hlsConfig.parse({ ...quickHls, steering: { pathways, priority: ['second'], ttlS: 5 } }),
    );
    await using page = await openPage(browser, `${pages.origin}/kit/pages/steered.html`);
    await page.page.waitForFunction(() => 'steered' in globalThis);
    await page.page.evaluate(
      (url) => (globalThis as unknown as { steered: SteeredApi }).steered.watch(url),
      `${first.base}/hls/t/${pass}/live/index.m3u8`,
    );
    await untilOn(page, 'second');
    expect(second.served).toBeGreaterThan(0);
    second.broken = true;
    await untilOn(page, 'first');
    expect((await ask(page)).ending).toBe('');
  }, 120_000);
});
