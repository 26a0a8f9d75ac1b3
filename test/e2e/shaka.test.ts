import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRig, type Rig } from '#test/kit/rig.ts';
import type { RigPage } from '#test/kit/chromium.ts';
import { untilShaka, type ShakaPage } from '#test/kit/shaka-page.ts';
import type { ShakaReport } from '#test/kit/shaka-types.ts';
import { stretch, until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;
let publisher: RigPage;

beforeAll(async () => {
  rig = life.use(await openRig());
  publisher = await rig.page();
  await rig.publish(publisher, 'stage', { toneHz: 440 });
  await until('there is a playlist', async () => (await rig.gateway.stream('stage'))?.hls?.ready, {
    timeoutMs: 30_000,
  });
});
afterAll(() => life.disposeAsync());

const url = (file: string): string => rig.gateway.url(`/hls/stage/${file}`);
const sounds = (report: ShakaReport, toneHz: number): boolean => Math.abs(report.audio.peakHz - toneHz) < 40;

it('Shaka Player plays LL-HLS with its own low-latency mode', async () => {
  await using viewer = await rig.shaka();
  await viewer.call('watch', { url: url('index.m3u8'), lowLatency: true });
  const seen = await untilShaka(
    viewer,
    'picture and sound',
    (report) => report.framesRead > 30 && sounds(report, 440),
  );
  expect(seen).toMatchObject({ width: 640, live: true, errors: [] });
  // One segment is two seconds: it plays parts.
  expect(seen.glass.minMs).toBeLessThan(6_000 * stretch());
});

/** As docs/hls.md has it: its low-latency mode over HLS loses its place when a publisher was away. */
const ways = [
  { what: 'HLS', file: 'index.m3u8', lowLatency: false },
  { what: 'DASH while segments are being filled', file: 'manifest.mpd', lowLatency: true },
] as const;

it('Shaka Player goes on when the publisher comes back with another picture', async () => {
  await using opened = new AsyncDisposableStack();
  const viewers: { readonly what: string; readonly viewer: ShakaPage }[] = [];
  for (const { what, file, lowLatency } of ways) {
    const viewer = opened.use(await rig.shaka());
    await viewer.call('watch', { url: url(file), lowLatency });
    viewers.push({ what, viewer });
  }
  const everyone = async (width: number, toneHz: number): Promise<void> => {
    for (const { what, viewer } of viewers) {
      const seen = await untilShaka(
        viewer,
        `${what}: a picture ${width} wide and a tone of ${toneHz} Hz`,
        (report) => report.width === width && report.framesRead > 30 && sounds(report, toneHz),
      );
      expect(seen, what).toMatchObject({ live: true, errors: [] });
      if (what !== 'HLS') expect(seen.glass.minMs).toBeLessThan(6_000 * stretch());
    }
  };
  await everyone(640, 440);
  await publisher[Symbol.asyncDispose]();
  publisher = await rig.page();
  await rig.publish(publisher, 'stage', { toneHz: 550, width: 320, height: 180 });
  for (const { viewer } of viewers) await viewer.call('resetWatch');
  await everyone(320, 550);
});
