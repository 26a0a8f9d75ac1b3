import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';

import { GuardedGateway, keys } from '#test/integration/access-kit.ts';
import { launchChromium } from '#test/kit/chromium.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const stream = 'studio-native';
const patience = { timeoutMs: 40_000 };

/**
 * Runs in the page before its own scripts and makes it an old phone: no Media Source, and video elements that load by
 * themselves, without a header of anybody's, what their `src` and the playlists behind it lead to. Chromium's own HLS player
 * gives up at the third segment of a live stream, so once the files are there a canvas moves instead. What would happen in
 * minutes happens in seconds.
 */
const oldPhone = `
  delete globalThis.MediaSource;
  delete globalThis.WebKitMediaSource;
  delete globalThis.ManagedMediaSource;
  const inTime = globalThis.setTimeout;
  globalThis.setTimeout = (act, ms, ...rest) => inTime(act, ms > 60_000 && ms < 86_400_000 ? 3_000 : ms, ...rest);
  globalThis.loaded = [];
  const load = async (url) => {
    const answer = await fetch(url);
    loaded.push([new URL(url).pathname, answer.status]);
    return answer.text();
  };
  const entries = (text, base) => text.split('\\n').filter((line) => /^[^#]/.test(line)).map((line) => new URL(line, base).href);
  const play = async (video, url) => {
    const [playlist] = entries(await load(url), url);
    const [segment] = entries(await load(playlist), playlist);
    await load(segment);
    const canvas = document.createElement('canvas');
    let step = 0;
    setInterval(() => canvas.getContext('2d').fillRect(++step % 100, 0, 1, 1), 50);
    video.srcObject = canvas.captureStream();
  };
  Object.defineProperty(HTMLMediaElement.prototype, 'src', {
    get() { return this.address ?? ''; },
    set(url) { this.address = url; void play(this, url); },
  });
`;

/** The picture on the screen moves on. */
async function untilMoving(page: Page): Promise<void> {
  const position = (): Promise<number> => page.evaluate<number>('frontrowPlayer.video.currentTime');
  const before = await position();
  await until('the picture moves on', async () => (await position()) > before + 0.5, patience);
}

/** The folder of the pass that the video element on the screen was given: for pictures as high as its token allows. */
async function passOnScreen(page: Page): Promise<string> {
  const { pathname } = new URL(await page.evaluate<string>('frontrowPlayer.video.src'));
  expect(pathname).toMatch(/^\/hls\/t\/\d+\.[\w-]+\.[0-9a-f]{64}\/studio-native~180\/index\.m3u8$/);
  return pathname.replace('index.m3u8', '');
}

it('a browser without Media Source plays a guarded broadcast by a pass, and its successor takes over without a word', async () => {
  await using guarded = await GuardedGateway.start();
  const size = { width: 320, height: 180, bitrateBps: 300_000 };
  const recording = await makeRecording({ codec: 'h264', ...size, seconds: 4, keyframeSeconds: 1 });
  const whipUrl = guarded.url(`/whip/${stream}`);
  await using publisher = await ObsPublisher.open({ whipUrl, recording, token: keys.studio });
  const { token } = await guarded.mint({ stream, action: 'play', expiresInS: 240, maxHeight: 200 });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const joins: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/join/')) joins.push(request.url());
    });
    await page.addInitScript(oldPhone);
    await page.goto(guarded.url(`/watch/${stream}?want=broadcast#token=${token}`));
    const view = (): Promise<string> =>
      page.evaluate<string>(`JSON.stringify(globalThis.frontrowPlayer?.view ?? '')`);
    let last = '';
    await until(
      'it plays',
      async () => (last = await view()).includes('"state":"playing","tier":"broadcast"'),
      {
        ...patience,
        detail: () => last,
      },
    );
    const folder = await passOnScreen(page);
    await untilMoving(page);
    const loaded = await page.evaluate<readonly [string, number][]>('loaded');
    expect(loaded.length).toBeGreaterThanOrEqual(3);
    for (const [path, status] of loaded) expect([path.startsWith(folder), status]).toEqual([true, 200]);

    const asked = joins.length;
    await page.evaluate(`states = []; first = frontrowPlayer.video;
      frontrowPlayer.events.on('change', ({ state, tier }) => states.push(state + ' ' + tier))`);
    await until(
      'another one takes over',
      () => page.evaluate<boolean>('frontrowPlayer.video !== first'),
      patience,
    );
    expect(joins.length).toBeGreaterThan(asked);
    await passOnScreen(page);
    await untilMoving(page);
    expect(await page.evaluate<string[]>('[...new Set(states)]')).toEqual(['playing broadcast']);
    expect(publisher.connection).toBe('connected');
  } finally {
    await browser.close();
  }
});
