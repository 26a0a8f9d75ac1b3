import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRig, type Rig } from '#test/kit/rig.ts';
import type { RigPage } from '#test/kit/chromium.ts';
import { untilShaka } from '#test/kit/shaka-page.ts';
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

it('Shaka Player plays LL-HLS with its own low-latency mode, also when the publisher comes back with another picture', async () => {
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
  await publisher[Symbol.asyncDispose]();
  publisher = await rig.page();
  await rig.publish(publisher, 'stage', { toneHz: 550, width: 320, height: 180 });
  await viewer.call('resetWatch');
  const after = await untilShaka(
    viewer,
    'the other picture and the other tone',
    (report) => report.width === 320 && report.framesRead > 30 && sounds(report, 550),
  );
  expect(after.errors).toEqual([]);
});

it('Shaka Player plays DASH while segments are being filled, also when the publisher comes back with another picture', async () => {
  await using viewer = await rig.shaka();
  await viewer.call('watch', { url: url('manifest.mpd'), lowLatency: true });
  const seen = await untilShaka(
    viewer,
    'picture and sound',
    (report) => report.framesRead > 30 && sounds(report, 550),
  );
  expect(seen).toMatchObject({ width: 320, live: true, errors: [] });
  expect(seen.glass.minMs).toBeLessThan(6_000 * stretch());
  await publisher[Symbol.asyncDispose]();
  publisher = await rig.page();
  await rig.publish(publisher, 'stage', { toneHz: 660, width: 480, height: 270 });
  await viewer.call('resetWatch');
  const after = await untilShaka(
    viewer,
    'the other picture and the other tone',
    (report) => report.width === 480 && report.framesRead > 30 && sounds(report, 660),
  );
  expect(after.errors).toEqual([]);
});
