import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type OpenPage, launchChromium, openPage } from '#test/kit/chromium.ts';
import { until } from '#test/kit/wait.ts';
import { GuardedGateway, keys } from '#test/integration/access-kit.ts';

const patienceMs = 30_000;
let guarded: GuardedGateway;
let browser: Browser;

beforeAll(async () => {
  guarded = await GuardedGateway.start();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await guarded[Symbol.asyncDispose]();
});

const visit = (path: string): Promise<OpenPage> => openPage(browser, guarded.url(path));

async function untilPlaying(page: Page): Promise<void> {
  const framesShown = (): Promise<number> =>
    page.evaluate<number>(
      `Math.max(0, ...[...document.querySelectorAll('video')].map((video) => video.getVideoPlaybackQuality().totalVideoFrames))`,
    );
  const before = await framesShown();
  await until('the video plays', async () => (await framesShown()) > before + 10, { timeoutMs: patienceMs });
}

it('the pages publish with a key, watch both tiers with a token, and operate with a key', async () => {
  await using studio = await visit('/publish/studio-page');
  const { page: publish } = studio;
  await publish.getByText('Test picture', { exact: true }).click();
  await publish.getByRole('button', { name: 'Go live' }).click();
  await publish.getByText('This gateway asks for a stream key.').waitFor({ timeout: patienceMs });
  await publish.getByLabel('Stream key or token').fill(keys.studio);
  await publish.getByRole('button', { name: 'Go live' }).click();
  await publish.locator('#state-badge', { hasText: /^Live$/ }).waitFor({ timeout: patienceMs });

  await using stranger = await visit('/watch/studio-page');
  await stranger.page
    .locator('#curtain-title', { hasText: 'You may not watch this stream.' })
    .waitFor({ timeout: patienceMs });
  for (const want of ['interactive', 'broadcast']) {
    const { token } = await guarded.mint({ stream: 'studio-page', action: 'play', expiresInS: 240 });
    await using viewer = await visit(`/watch/studio-page?want=${want}#token=${token}`);
    await untilPlaying(viewer.page);
    expect(viewer.page.url()).toBe(guarded.url(`/watch/studio-page?want=${want}`));
    const tier = await viewer.page.evaluate<string>('globalThis.frontrowPlayer.view.tier');
    expect(tier).toBe(want);
  }

  await using front = await visit('/');
  await front.page.getByText('This gateway lists its streams to operators.').waitFor({ timeout: patienceMs });
  await using operator = await visit('/dashboard');
  const { page: dashboard } = operator;
  await dashboard.getByLabel('Operator’s key or token').fill(keys.operator);
  await dashboard.getByRole('button', { name: 'Show' }).click();
  await dashboard.getByText('studio-page').first().waitFor({ timeout: patienceMs });
  await dashboard.getByText('Live, once a second').waitFor({ timeout: patienceMs });
  expect(await dashboard.getByLabel('Operator’s key or token').isVisible()).toBe(false);
});
