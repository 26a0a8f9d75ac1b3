import { setTimeout as sleep } from 'node:timers/promises';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

const gapMs = 3_000;
const recordedWidth = 426;

const life = new AsyncDisposableStack();
let rig: Rig;
let recording: Recording;

beforeAll(async () => {
  const env = { FRONTROW_HLS__SEGMENT_TARGET_MS: '1000' };
  const facts = { codec: 'h264', width: recordedWidth, height: 240, bitrateBps: 600_000 } as const;
  [rig, recording] = await Promise.all([
    openRig({ env }).then((made) => life.use(made)),
    makeRecording({ ...facts, seconds: 4, keyframeSeconds: 1 }),
  ]);
});
afterAll(() => life.disposeAsync());

async function publish(stream: string): Promise<ObsPublisher> {
  const publisher = await ObsPublisher.open({ whipUrl: rig.gateway.url(`/whip/${stream}`), recording });
  await until('it is live', async () => (await rig.gateway.stream(stream))?.live, { timeoutMs: 20_000 });
  return publisher;
}

interface Playlist {
  readonly path: string;
  readonly text: string;
  readonly firstSegment: number;
}

/** The first media playlist that the multivariant playlist names. */
async function videoPlaylist(stream: string): Promise<Playlist> {
  const url = rig.gateway.url(`/hls/${stream}/index.m3u8`);
  const multivariant = await (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text();
  const path = multivariant.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  return { path, text, firstSegment: Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]) };
}

const mediaOf = ({ text }: Playlist): readonly string[] => text.match(/^v0_\S+\.m4s$/gm) ?? [];
const discontinuities = ({ text }: Playlist): number => text.match(/#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;

/** Pictures that a page has shown in all its videos. */
const framesShown = (page: Page): Promise<number> =>
  page.evaluate<number>(
    `[...document.querySelectorAll('video')].reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, 0)`,
  );

/** The picture of a page moves from now on. */
async function untilMoving(page: Page, what: string): Promise<void> {
  const before = await framesShown(page);
  await until(what, async () => (await framesShown(page)) > before + 15, { timeoutMs: 60_000 });
}

describe('OBS goes and comes again', () => {
  it('within the grace, and hls.js goes on in the same playlist', async () => {
    await using viewer = await rig.page();
    const first = await publish('gap');
    await rig.watchHls(viewer, 'gap');
    await untilSeen(viewer, 'a picture', (seen) => seen.framesShown > 30);
    const before = await videoPlaylist('gap');
    await first.stop();
    await sleep(gapMs);
    expect((await videoPlaylist('gap')).text).not.toContain('#EXT-X-ENDLIST');
    const second = await publish('gap');
    await until('there is a discontinuity', async () => discontinuities(await videoPlaylist('gap')) === 1, {
      timeoutMs: 20_000,
    });
    await viewer.call('resetWatch');
    const seen = await untilSeen(viewer, 'the picture goes on', ({ framesShown }) => framesShown > 30);
    expect(seen.hls?.ending).toBe('');
    expect(seen.width).toBe(recordedWidth);
    const after = await videoPlaylist('gap');
    expect(after.path).toBe(before.path);
    expect(after.firstSegment).toBe(before.firstSegment);
    expect(mediaOf(after).slice(0, mediaOf(before).length)).toEqual(mediaOf(before));
    expect(new Set(mediaOf(after)).size).toBe(mediaOf(after).length);
    await second.stop();
  }, 180_000);

  it('and a watch page goes on by itself in either tier, without being loaded again', async () => {
    const first = await publish('watched');
    await until('there is a playlist', async () => (await rig.gateway.stream('watched'))?.hls?.ready, {
      timeoutMs: 60_000,
    });
    await using front = await rig.visit('/watch/watched');
    await using broadcast = await rig.visit('/watch/watched');
    const tierOf = ({ page }: typeof front, name: string): Promise<void> =>
      page.locator('#tier-badge', { hasText: name }).waitFor({ timeout: 60_000 });
    await tierOf(front, 'Front row');
    await broadcast.page.getByRole('button', { name: 'Broadcast' }).click({ timeout: 60_000 });
    await tierOf(broadcast, 'Broadcast');
    const both = [
      ['the front row', front],
      ['the broadcast', broadcast],
    ] as const;
    for (const [tier, { page }] of both) {
      await untilMoving(page, `${tier} plays`);
      await page.evaluate('globalThis.loadedOnce = true');
    }
    await first.stop();
    await sleep(gapMs);
    const second = await publish('watched');
    await until('the broadcast goes on', async () => discontinuities(await videoPlaylist('watched')) === 1, {
      timeoutMs: 60_000,
    });
    for (const [tier, { page }] of both) {
      await untilMoving(page, `${tier} goes on`);
      expect(await page.evaluate('globalThis.loadedOnce')).toBe(true);
    }
    await tierOf(front, 'Front row');
    await tierOf(broadcast, 'Broadcast');
    await second.stop();
  }, 300_000);
});
