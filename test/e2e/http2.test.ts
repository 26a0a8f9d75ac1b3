import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium } from '#test/kit/chromium.ts';
import { type HttpsGateway, startHttpsGateway } from '#test/kit/https-gateway.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let gateway: HttpsGateway;
let browser: Browser;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startHttpsGateway(), launchChromium()]);
  life.defer(() => browser.close());
  life.use(gateway);
});
afterAll(() => life.disposeAsync());

/** One exchange by curl: status, version of HTTP and body. */
async function curl(
  path: string,
  ...more: readonly string[]
): Promise<readonly [status: string, version: string, body: string]> {
  const args = [
    '--silent',
    '--max-time',
    '20',
    '--cacert',
    gateway.certFile,
    '--write-out',
    '\n%{http_code} %{http_version}',
  ];
  const { stdout } = await promisify(execFile)('curl', [...args, ...more, gateway.origin + path]);
  const at = stdout.lastIndexOf('\n');
  const [status = '', version = ''] = stdout.slice(at + 1).split(' ');
  return [status, version, stdout.slice(0, at)];
}

describe('curl', () => {
  it.each([
    ['--http2', '2'],
    ['--http1.1', '1.1'],
  ])('%s gets playlists, pages, the API and refusals alike', async (flag, version) => {
    const master = await curl(`/hls/${gateway.stream}/index.m3u8`, flag);
    expect(master.slice(0, 2)).toEqual(['200', version]);
    expect(master[2]).toMatch(/^#EXTM3U\n/);
    const page = await curl(`/watch/${gateway.stream}`, flag);
    expect([...page.slice(0, 2), page[2].startsWith('<!doctype html>')]).toEqual(['200', version, true]);
    const api = await curl(`/api/streams/${gateway.stream}`, flag);
    expect([...api.slice(0, 2), (JSON.parse(api[2]) as { id: string }).id]).toEqual([
      '200',
      version,
      gateway.stream,
    ]);
    const refused = await curl(
      '/whep/nobody',
      flag,
      '--data',
      'junk',
      '--header',
      'Content-Type: application/sdp',
    );
    expect([refused[1], Number(refused[0]) >= 400, refused[2]]).toEqual([
      version,
      true,
      expect.stringContaining('urn:frontrow:problem:'),
    ]);
  });
});

/** What a page fetched under this path, by version of HTTP. */
const versions = (path: string): string =>
  `performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.startsWith('${path}')).map(({ nextHopProtocol }) => nextHopProtocol)`;

describe('Chromium', () => {
  it.each([
    ['broadcast', '/hls/'],
    ['interactive', '/whep/'],
  ])('plays the %s tier, all of it over HTTP/2', async (tier, path) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    try {
      const page = await context.newPage();
      await page.goto(`${gateway.origin}/watch/${gateway.stream}?want=${tier}`);
      const playedS = (): Promise<number> =>
        page.evaluate<number>(
          `Math.max(0, ...[...document.querySelectorAll('video')].filter((video) => video.videoWidth > 0).map((video) => video.currentTime))`,
        );
      const begun = await until('a picture', async () => (await playedS()) || undefined, {
        timeoutMs: 60_000,
      });
      await until('it goes on', async () => (await playedS()) > begun + 1, { timeoutMs: 30_000 });
      const seen = await page.evaluate<string[]>(versions(path));
      expect(seen.length).toBeGreaterThan(tier === 'broadcast' ? 5 : 0);
      expect(new Set(seen)).toEqual(new Set(['h2']));
      expect(await page.evaluate<string[]>(versions('/assets/'))).not.toContain('http/1.1');
    } finally {
      await context.close();
    }
  });
});
