import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRig, type Rig } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

/** A loaded machine may take its time. */
const patience = { timeoutMs: 60_000 };
const patienceOfPage = { timeout: 60_000 };
const stream = 'match';
const [firstHz, secondHz, nextHz] = [500, 1_500, 2_500];
/** Nobody looks at the picture. */
const source = {
  ...{ width: 320, height: 180, frameRateHz: 15, maxBitrateBps: 300_000 },
  ...{ toneHz: firstHz, moreTonesHz: [secondHz] },
};
const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  const config = 'bridge:\n  sounds: [{ stream: "mat*", track: 2, name: Commentary, language: en }]\n';
  rig = life.use(await openRig({ config }));
});
afterAll(() => life.disposeAsync());

/** Pitch of what the video in front plays now; 0 while it is silent. */
const listen = `(async () => {
  const video = [...document.querySelectorAll('video')].find((each) => !each.hasAttribute('aria-hidden'));
  const [track] = video?.captureStream().getAudioTracks() ?? [];
  if (!track) return 0;
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  const ear = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
  const heard = context.createMediaStreamSource(new MediaStream([track]));
  heard.connect(ear);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const spectrum = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(spectrum);
  const loudest = spectrum.indexOf(Math.max(...spectrum));
  const level = spectrum[loudest];
  heard.disconnect();
  await context.close();
  return level > -60 ? (loudest * 48000) / 4096 : 0;
})()`;

async function untilHeard(page: Page, pitchHz: number): Promise<void> {
  let last = 0;
  await until(
    `${pitchHz} Hz are heard`,
    async () => {
      last = Number(await page.evaluate(listen));
      return Math.abs(last - pitchHz) < 40;
    },
    { ...patience, detail: () => last },
  );
}

it('the front row hears the first sound; viewers of the broadcast choose, until there is no choice', async () => {
  await using publisher = await rig.page();
  await rig.publish(publisher, stream, source);
  await until('there is a playlist', async () => (await rig.gateway.stream(stream))?.hls?.ready, patience);
  const address = rig.gateway.url(`/hls/${stream}/index.m3u8`);
  await until(
    'both sounds are offered',
    async () => {
      const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
      return (await answer.text()).includes('NAME="Commentary",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="en"');
    },
    patience,
  );
  await using watch = await rig.visit(`/watch/${stream}`);
  const { page } = watch;
  await page.locator('#tier-badge', { hasText: 'Front row' }).waitFor(patienceOfPage);
  await untilHeard(page, firstHz);
  const menu = page.getByRole('button', { name: 'Sound: ' });
  expect(await menu.count()).toBe(0);

  await page.getByRole('button', { name: 'Broadcast' }).click(patienceOfPage);
  await menu.waitFor(patienceOfPage);
  await untilHeard(page, firstHz);
  await menu.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sound: Commentary' }).waitFor(patienceOfPage);
  await untilHeard(page, secondHz);

  // Who comes next has one sound: nobody is left waiting for the other.
  await using next = await rig.page();
  await rig.publish(next, stream, { ...source, toneHz: nextHz, moreTonesHz: [] });
  await untilHeard(page, nextHz);
}, 300_000);
