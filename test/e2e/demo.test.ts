import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium, openPage } from '#test/kit/chromium.ts';
import { startGateway } from '#test/kit/gateway.ts';
import { stretch, until } from '#test/kit/wait.ts';

const promisedMs = 15_000;
const showsPicture = `[...document.querySelectorAll('video')].some((video) => video.videoWidth > 0 && video.currentTime > 0)`;
const life = new AsyncDisposableStack();
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
  life.defer(() => browser.close());
});
afterAll(() => life.disposeAsync());

describe('a start with --demo', () => {
  it('shows a picture in both tiers within 15 seconds', async () => {
    const startedMs = performance.now();
    await using gateway = await startGateway({ args: ['--demo'] });
    const id = await until(
      'the demo stream is live',
      async () => {
        const response = await fetch(gateway.url('/api/streams'), { signal: AbortSignal.timeout(20_000) });
        const { streams } = (await response.json()) as { streams: { id: string; live: boolean }[] };
        return streams.find((stream) => stream.live)?.id;
      },
      { timeoutMs: promisedMs, detail: () => gateway.logs.slice(-10) },
    );
    const tookMs = await Promise.all(
      (['interactive', 'broadcast'] as const).map(async (tier) => {
        await using watch = await openPage(browser, gateway.url(`/watch/${id}?want=${tier}`));
        await until(`${tier} shows a picture`, () => watch.page.evaluate<boolean>(showsPicture), {
          timeoutMs: 60_000,
        });
        const words = tier === 'interactive' ? 'Front row' : 'Broadcast';
        await watch.page.locator('#tier-badge', { hasText: words }).waitFor({ timeout: 10_000 });
        return performance.now() - startedMs;
      }),
    );
    for (const ms of tookMs) expect(ms).toBeLessThan(promisedMs * stretch());
  });
});
