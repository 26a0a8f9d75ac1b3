import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { OpenPage } from '#test/kit/chromium.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { untilPlaying } from '#test/kit/until-playing.ts';
import { until } from '#test/kit/wait.ts';

const patienceMs = 60_000;
const life = new AsyncDisposableStack();
let rig: Rig;
let publisher: OpenPage;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

/** What a page complained of, without requests that were refused for a reason (nobody live yet). */
function realComplaints(complaints: readonly string[]): readonly string[] {
  return complaints.filter((text) => !/status of (404|409|503)|GPU stall/.test(text));
}

describe('the pages, in the order of a first visit', () => {
  it('the front page says that nobody is live and how to publish', async () => {
    await using front = await rig.visit('/');
    await front.page.getByText('Nobody is live yet.').waitFor({ timeout: patienceMs });
    const address = await front.page.locator('#whip-url').textContent();
    expect(address).toBe(rig.gateway.url('/whip/live'));
    expect(realComplaints(front.complaints)).toEqual([]);
  });

  it('the publish page goes live with the test picture by a click', async () => {
    publisher = await rig.visit('/publish/clicked');
    const { page } = publisher;
    await page.getByText('Test picture', { exact: true }).click();
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.locator('#state-badge', { hasText: /^Live$/ }).waitFor({ timeout: patienceMs });
    await until('the API says live', async () => (await rig.gateway.stream('clicked'))?.live, {
      timeoutMs: patienceMs,
    });
    await page.locator('#server-facts').getByText('Front row').waitFor({ timeout: patienceMs });
    expect(realComplaints(publisher.complaints)).toEqual([]);
  });

  it('the front page shows it, and its card leads to the watch page', async () => {
    await using front = await rig.visit('/');
    await front.page.getByRole('link', { name: 'Watch clicked' }).click({ timeout: patienceMs });
    await front.page.waitForURL('**/watch/clicked');
    await front.page.locator('#live-badge').waitFor({ state: 'visible', timeout: patienceMs });
  });

  it('the watch page plays, tells its latency, and changes tier by a click and back', async () => {
    await until('the broadcast is ready', async () => (await rig.gateway.stream('clicked'))?.hls?.ready, {
      timeoutMs: patienceMs,
    });
    await using watch = await rig.visit('/watch/clicked');
    const { page } = watch;
    const tier = page.locator('#tier-badge');
    const latency = page.locator('#facts', { hasText: /\d+(\.\d+)? m?s/ });
    await tier.filter({ hasText: 'Front row' }).waitFor({ timeout: patienceMs });
    await untilPlaying(page);
    await latency.waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: 'Broadcast' }).click();
    await tier.filter({ hasText: 'Broadcast' }).waitFor({ timeout: patienceMs });
    await untilPlaying(page);
    await latency.waitFor({ timeout: patienceMs });
    await until(
      'the API counts a broadcast viewer',
      async () => ((await rig.gateway.stream('clicked'))?.viewers.broadcast ?? 0) > 0,
      { timeoutMs: patienceMs },
    );
    await page.getByRole('button', { name: 'Front row' }).click();
    await tier.filter({ hasText: 'Front row' }).waitFor({ timeout: patienceMs });
    await untilPlaying(page);
    expect(realComplaints(watch.complaints)).toEqual([]);
  });

  it('a tier that is chosen while the other one is being opened is taken as soon as that plays', async () => {
    await using watch = await rig.visit('/');
    const { page } = watch;
    let release = (): void => undefined;
    const chosen = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/whep/clicked', async (route) => {
      await chosen;
      await route.continue();
    });
    const asked = page.waitForRequest(/\/whep\/clicked$/, { timeout: patienceMs });
    await page.goto(rig.gateway.url('/watch/clicked'));
    await asked;
    await page.getByRole('button', { name: 'Broadcast' }).click();
    release();
    await page.locator('#tier-badge', { hasText: 'Broadcast' }).waitFor({ timeout: patienceMs });
    await untilPlaying(page);
  });

  it('the dashboard shows the stream, its codecs and the bridge', async () => {
    await using dashboard = await rig.visit('/dashboard');
    const streams = dashboard.page.locator('#streams');
    await streams.getByText('clicked', { exact: true }).first().waitFor({ timeout: patienceMs });
    for (const words of [/opus/i, /FFmpeg/i]) {
      await streams.getByText(words).first().waitFor({ timeout: patienceMs });
    }
    await streams
      .locator('.step', { hasText: /\d+ × \d+.*bit\/s/ })
      .first()
      .waitFor({ timeout: patienceMs });
    await dashboard.page.getByText('The gateway is well.').waitFor({ timeout: patienceMs });
    expect(realComplaints(dashboard.complaints)).toEqual([]);
  });

  it('a watch page waits for a stream that is not there yet and plays when it comes', async () => {
    await using watch = await rig.visit('/watch/later');
    await watch.page.locator('#curtain').waitFor({ state: 'visible', timeout: patienceMs });
    await using sender = await rig.page();
    await rig.publish(sender, 'later');
    await watch.page.locator('#live-badge').waitFor({ state: 'visible', timeout: patienceMs });
    await untilPlaying(watch.page);
  });

  it('the publish page stops by a click', async () => {
    await publisher.page.getByRole('button', { name: 'Stop' }).click();
    await publisher.page.locator('#state-badge', { hasText: 'Not live' }).waitFor({ timeout: patienceMs });
    await until('the API says over', async () => !(await rig.gateway.stream('clicked'))?.live, {
      timeoutMs: patienceMs,
    });
    await publisher[Symbol.asyncDispose]();
  });
});
