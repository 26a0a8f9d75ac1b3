import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { launchChromium, openPage } from '#test/kit/chromium.ts';
import { startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 30_000 };
const stream = 'moved';

it('a viewer whose gateway goes down is seated at the next one, and its picture goes on', async () => {
  await using parts = new AsyncDisposableStack();
  const next = parts.use(await startGateway());
  const going = await startGateway({ env: { FRONTROW_SESSION__OVERFLOW_URL: next.origin } });
  const goingDown = parts.use(new AsyncDisposableStack());
  goingDown.use(going);
  const recording = await makeRecording({
    codec: 'h264',
    width: 320,
    height: 180,
    bitrateBps: 300_000,
    seconds: 2,
    keyframeSeconds: 1,
  });
  for (const gateway of [next, going]) {
    const publisher = await ObsPublisher.open({ whipUrl: gateway.url(`/whip/${stream}`), recording });
    // One of them has nobody left to say goodbye to.
    parts.defer(() => publisher.hangUp());
    await until('it is live', async () => (await gateway.stream(stream))?.live, patience);
  }
  const browser = await launchChromium();
  parts.defer(() => browser.close());
  const body = `<!doctype html><frontrow-player stream="${stream}" muted></frontrow-player>
    <script type="module" src="${going.url('/assets/player/frontrow-player-element.ts')}"></script>
    <script>
      window.states = [];
      document.querySelector('frontrow-player').addEventListener('change', ({ detail }) => states.push(detail.state));
    </script>`;
  const site = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  parts.defer(() => {
    site.closeAllConnections();
    site.close();
  });
  const { page, complaints } = parts.use(
    await openPage(browser, `http://127.0.0.1:${(site.address() as AddressInfo).port}/`),
  );
  const isPlaying = (): Promise<boolean> => page.evaluate<boolean>(`states.at(-1) === 'playing'`);
  await until('it plays', isPlaying, { ...patience, detail: () => complaints });
  await until(
    'it listens',
    () => page.evaluate<boolean>(`document.querySelector('frontrow-player').player.view.viewers >= 1`),
    patience,
  );

  await goingDown.disposeAsync();
  const seats = async (): Promise<number> => (await next.stream(stream))?.viewers.interactive ?? 0;
  await until('it sits at the next gateway', async () => (await seats()) === 1, patience);
  const frames = (): Promise<number> =>
    page.evaluate<number>(
      `document.querySelector('frontrow-player').player.video.getVideoPlaybackQuality().totalVideoFrames`,
    );
  const before = await frames();
  await until('its picture goes on', async () => (await frames()) > before + 10, patience);
  expect(await isPlaying()).toBe(true);
  expect(await page.evaluate<string[]>('states')).not.toContain('failed');
});
