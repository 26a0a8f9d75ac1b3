import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRig, type Rig } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

/** A loaded machine may take its time; captions stand long enough for a player that has to jump ahead. */
const patience = { timeoutMs: 60_000 };
const patienceOfPage = { timeout: 60_000 };
const shownMs = 45_000;
const stream = 'talk';
/** Nobody looks at the picture. */
const small = { width: 320, height: 180, frameRateHz: 15, audio: false, maxBitrateBps: 300_000 };
const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig({ config: 'hls:\n  captions: [{ language: en }]\n' }));
});
afterAll(() => life.disposeAsync());

async function post(what: 'captions' | 'dateranges', body: object): Promise<{ start: string; end: string }> {
  const answer = await fetch(rig.gateway.url(`/api/streams/${stream}/${what}`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { start: string; end: string };
}

/** Runs in the page: the caption of this text with the wall clock of its media time, and whether it is on the screen. */
const lookFor = (text: string): string => `(async () => {
  const { video } = frontrowPlayer;
  const latency = (await frontrowPlayer.stats())?.latency?.ms;
  const nowMs = Date.now() - latency - video.currentTime * 1000;
  for (const track of video.textTracks)
    for (const cue of track.cues ?? [])
      if (cue.text === ${JSON.stringify(text)})
        return {
          startMs: nowMs + cue.startTime * 1000,
          endMs: nowMs + cue.endTime * 1000,
          isShown: track.mode === 'showing' && [...track.activeCues].includes(cue),
        };
})()`;

interface SeenCue {
  readonly startMs: number;
  readonly endMs: number;
  readonly isShown: boolean;
}

/** What there is instead, for the message of a failed test. */
const facts = `JSON.stringify([
  frontrowPlayer.view,
  frontrowPlayer.video.currentTime,
  [...frontrowPlayer.video.textTracks].map((track) => [track.label, track.mode, [...(track.cues ?? [])].map((cue) => [cue.text, cue.startTime, cue.endTime])]),
])`;

async function untilShown(page: Page, text: string): Promise<SeenCue> {
  let last = '';
  return until(
    `"${text}" is on the screen`,
    async () => {
      const cue = await page.evaluate<SeenCue | undefined>(lookFor(text));
      if (cue?.isShown === true) return cue;
      last = await page.evaluate<string>(facts);
      return undefined;
    },
    { ...patience, detail: () => last },
  );
}

it('captions are seen at their time, and pages hear of date ranges', async () => {
  await using publisher = await rig.page();
  await rig.publish(publisher, stream, small);
  await until('there is a playlist', async () => (await rig.gateway.stream(stream))?.hls?.ready, patience);
  await using watch = await rig.visit(`/watch/${stream}`);
  const { page } = watch;
  await page.evaluate(`
    globalThis.ranges = [];
    document.addEventListener('frontrow:daterange', ({ detail }) => void ranges.push(detail));
  `);
  await page.locator('#tier-badge', { hasText: 'Front row' }).waitFor(patienceOfPage);
  await page.getByRole('button', { name: 'Broadcast' }).click(patienceOfPage);
  await page.getByRole('button', { name: 'CC: Off' }).click(patienceOfPage);
  await page.getByRole('menuitemradio', { name: 'English' }).click(patienceOfPage);
  await page.getByRole('button', { name: 'CC: English' }).waitFor(patienceOfPage);

  const range = { id: 'goal', class: 'org.example', in: 'now', durationMs: 500 };
  const listed = await post('dateranges', { ...range, attributes: { 'X-SCORE': '1:0' } });
  for (const [text, escaped] of [
    ['One & <two>', 'One &amp; &lt;two&gt;'],
    ['Three', 'Three'],
  ] as const) {
    const sent = await post('captions', { language: 'en', in: 'now', durationMs: shownMs, text });
    const seen = await untilShown(page, escaped);
    expect(Math.abs(seen.startMs - Date.parse(sent.start))).toBeLessThan(300);
    expect(Math.abs(seen.endMs - Date.parse(sent.end))).toBeLessThan(300);
  }
  const [heard, ...others] = await until(
    'the page hears of the date range',
    async () => {
      const ranges = await page.evaluate<{ start: string; attributes: object }[]>('ranges');
      return ranges.length > 0 ? ranges : undefined;
    },
    patience,
  );
  expect(others).toEqual([]);
  expect(heard).toMatchObject({ id: 'goal', class: 'org.example', durationMs: 500 });
  expect(heard?.attributes).toEqual({ 'X-SCORE': '1:0' });
  expect(new Date(heard?.start ?? 0).toISOString()).toBe(listed.start);
}, 180_000);
