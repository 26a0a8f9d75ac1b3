import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { GuardedGateway, keys, secret } from '#test/integration/access-kit.ts';
import { launchChromium, type OpenPage, openPage } from '#test/kit/chromium.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { signToken } from '#test/kit/tokens.ts';
import { untilPlaying } from '#test/kit/until-playing.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeout: 60_000 };
const stream = 'studio-page';
const life = new AsyncDisposableStack();
let guarded: GuardedGateway;
let browser: Browser;
let studio: OpenPage;

beforeAll(async () => {
  guarded = life.use(await GuardedGateway.start());
  browser = await launchChromium();
  life.defer(() => browser.close());
});
afterAll(() => life.disposeAsync());

const visit = (path: string): Promise<OpenPage> => openPage(browser, guarded.url(path));

/** A token to watch; with `expS` in the past it has expired. */
const viewerToken = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  signToken(
    { stream, exp: Math.round(Date.now() / 1000) + 200, ...claims },
    { kid: 'here', key: Buffer.from(secret) },
  );

const tierOf = (page: Page): Promise<string> =>
  page.evaluate<string>('String(globalThis.frontrowPlayer.view.tier)');

describe('a publisher', () => {
  it('is asked for a key, told when it is for another stream, and goes live with its own', async () => {
    studio = await visit(`/publish/${stream}`);
    const { page } = studio;
    await page.getByText('Test picture', { exact: true }).click();
    await page.getByLabel('Video codec').selectOption('vp8');
    await page.getByLabel('Send three sizes at once').check();
    const go = page.getByRole('button', { name: 'Go live' });
    await go.click();
    await page.getByText('This gateway asks for a stream key.').waitFor(patience);
    const field = page.getByLabel('Stream key or token');
    await field.fill(keys.second);
    await go.click();
    await page.locator('#problem-said code', { hasText: 'not-allowed' }).waitFor(patience);
    await page.getByText('It is good for another stream, or for something else.').waitFor(patience);
    await field.fill(keys.studio);
    await go.click();
    await page.locator('#state-badge', { hasText: /^Live$/ }).waitFor(patience);
    expect(await page.locator('#problem').isVisible()).toBe(false);
    expect(await page.locator('#obs-server').textContent()).toBe(guarded.url(`/whip/${stream}`));
  });

  it('sees what the doctor finds about its own stream, with advice, though it is no operator', async () => {
    const finding = studio.page.locator('.finding', { hasText: 'needs-transcoding' });
    await finding.waitFor(patience);
    expect(await finding.innerText()).toMatch(
      /LL-HLS needs H\.264[^]*Publishing H\.264 spares it[^]*for \d+ s/,
    );
    expect(await studio.page.locator('#server-view').isVisible()).toBe(false);
  });
});

describe('a viewer', () => {
  it('is asked for a token and told why, until it types a good one', async () => {
    await using stranger = await visit(`/watch/${stream}`);
    const { page } = stranger;
    const title = (text: string): Promise<void> =>
      page.locator('#curtain-title', { hasText: text }).waitFor(patience);
    const type = async (token: string): Promise<void> => {
      await page.getByLabel('Token').fill(token);
      await page.keyboard.press('Enter');
    };
    await title('You need a token to watch this stream.');
    await type('nonsense');
    await title('The gateway does not know this key or token.');
    await type(await viewerToken({ exp: Math.round(Date.now() / 1000) - 100 }));
    await title('Your token has expired.');
    await page.locator('#curtain code', { hasText: 'token-expired' }).waitFor(patience);
    await type(await viewerToken({ stream: 'another' }));
    await title('This key or token does not let you watch this stream.');
    await type(await viewerToken());
    await untilPlaying(page);
    expect(await page.getByLabel('Token').isVisible()).toBe(false);
    // It is remembered for this stream in this tab.
    await page.reload();
    await untilPlaying(page);
  });

  it.each(['interactive', 'broadcast'])('brings its token behind # to the %s tier', async (want) => {
    const { token } = await guarded.mint({ stream, action: 'play', expiresInS: 240, maxHeight: 400 });
    await using viewer = await visit(`/watch/${stream}?want=${want}#token=${token}`);
    await untilPlaying(viewer.page);
    expect(viewer.page.url()).toBe(guarded.url(`/watch/${stream}?want=${want}`));
    expect(await tierOf(viewer.page)).toBe(want);
    // What hls.js loads is in the folder of what the token allows.
    const folders = await viewer.page.evaluate<string[]>(
      `[...new Set(performance.getEntriesByType('resource').flatMap(({ name }) => /\\/hls\\/[^/]+/.exec(name) ?? []))]`,
    );
    expect(folders).toEqual(want === 'broadcast' ? [`/hls/${stream}~360`] : []);
  });

  it('is told when its token opens the other way of watching only', async () => {
    const token = await viewerToken({ tier: 'interactive' });
    await using viewer = await visit(`/watch/${stream}?want=broadcast#token=${token}`);
    await untilPlaying(viewer.page);
    expect(await tierOf(viewer.page)).toBe('interactive');
    await viewer.page.getByText('Your token opens this way of watching only.').waitFor(patience);
  });

  it('chooses a size, sound alone and all again by keyboard, and hears when the publisher goes and comes', async () => {
    await using viewer = await visit(`/watch/${stream}#token=${await viewerToken({ maxHeight: 400 })}`);
    const { page } = viewer;
    await untilPlaying(page);
    await page.locator('#seats', { hasText: /\d+ watching/ }).waitFor(patience);
    const button = page.getByRole('button', { name: /^Quality/ });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Your token allows pictures of up to 400 lines.').waitFor(patience);
    const choices = page.getByRole('menuitemradio');
    expect((await choices.allInnerTexts()).some((text) => text.startsWith('720p'))).toBe(false);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await until(
      'the smallest picture is shown',
      () => page.evaluate<boolean>('frontrowPlayer.video.videoHeight <= 180'),
      {
        timeoutMs: patience.timeout,
      },
    );
    await button.click();
    await page.getByRole('menuitemradio', { name: /Audio only/ }).click();
    await page.locator('#curtain-title', { hasText: 'Audio only' }).waitFor(patience);
    await button.click();
    await page.getByRole('menuitemradio', { name: /Auto/ }).click();
    await page.locator('#curtain').waitFor({ state: 'hidden', ...patience });
    await untilPlaying(page);

    // The gateway's events tell it: nothing is asked for, so an answer that never comes does not matter.
    await page.route('**/join/**', (route) => route.abort());
    await studio.page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('#curtain-title', { hasText: 'is paused' }).waitFor(patience);
    await studio.page.getByRole('button', { name: 'Go live' }).click();
    await page.locator('#curtain').waitFor({ state: 'hidden', ...patience });
    await untilPlaying(page);
  });

  it('plays in a page of another origin that brings the token by a function', async () => {
    const body = `<!doctype html><frontrow-player stream="${stream}" muted controls></frontrow-player>
      <script type="module" src="${guarded.url('/assets/player/frontrow-player-element.ts')}"></script>
      <script>
        const tokens = ['too old', '${await viewerToken()}'];
        document.querySelector('frontrow-player').tokenProvider = () => tokens.shift();
      </script>`;
    const elsewhere = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    await using closing = new AsyncDisposableStack();
    closing.defer(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    await using host = await openPage(browser, `http://127.0.0.1:${port}/`);
    const { page } = host;
    const state = (): Promise<string> =>
      page.evaluate<string>(`document.querySelector('frontrow-player').player?.view.state ?? ''`);
    await until('the element plays', async () => (await state()) === 'playing', {
      timeoutMs: 40_000,
      detail: () => host.complaints,
    });
    await page.getByRole('button', { name: /^Quality/ }).waitFor(patience);
    expect(await page.getByLabel('Token').isVisible()).toBe(false);
  });
});

describe('an operator', () => {
  it('types a key, sees what is wrong with a stream from OBS, also on the page to publish', async () => {
    const recording = await makeRecording({
      codec: 'h264',
      width: 320,
      height: 180,
      bitrateBps: 300_000,
      seconds: 4,
      keyframeSeconds: 2,
      bFrames: 2,
    });
    await using obs = await ObsPublisher.open({
      whipUrl: guarded.url('/whip/studio-obs'),
      recording,
      token: keys.studio,
    });
    await using front = await visit('/');
    await front.page.getByText('This gateway lists its streams to operators.').waitFor(patience);
    await using operator = await visit('/dashboard');
    const { page } = operator;
    const field = page.getByLabel('Operator’s key or token');
    await page.getByText('You need a key to see this page.').waitFor(patience);
    await field.fill(keys.studio);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('This key or token is not an operator’s.').waitFor(patience);
    await field.fill(keys.operator);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Live, once a second').waitFor(patience);
    expect(await field.isVisible()).toBe(false);
    await page.getByText('Keys and tokens').waitFor(patience);

    const finding = page.locator('.finding', { hasText: 'The video has B-frames' });
    await finding.locator('summary').click({ timeout: patience.timeout });
    await finding.getByText('bframes=0').waitFor(patience);
    await page.goto(guarded.url('/publish/studio-obs'));
    await page.getByText('About what OBS 32 publishes').waitFor(patience);
    await page.locator('.finding', { hasText: 'bframes=0' }).waitFor(patience);
    expect(obs.connection).toBe('connected');
  });
});
