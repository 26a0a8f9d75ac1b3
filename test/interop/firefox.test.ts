import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { firefoxToneHz } from '#test/kit/firefox.ts';
import { type InteropRig, openInteropRig, untilWatched } from '#test/kit/interop-rig.ts';
import { until } from '#test/kit/wait.ts';

const toneHz = 440;
const life = new AsyncDisposableStack();
let rig: InteropRig;

beforeAll(async () => {
  rig = life.use(await openInteropRig());
});
afterAll(() => life.disposeAsync());

describe('Firefox', () => {
  it('publishes VP8, and Chromium plays it over WHEP', async () => {
    await using publisher = await rig.firefox();
    await using viewer = await rig.chromium();
    const whip = rig.gateway.url('/whip/from-firefox');
    await publisher.call('publish', { client: 'frontrow', url: whip, toneHz: firefoxToneHz });
    await rig.untilLive('from-firefox');
    await viewer.call('watch', { client: 'frontrow', url: rig.gateway.url('/whep/from-firefox') });
    await untilWatched(viewer, { toneHz: firefoxToneHz });
    const facts = await rig.stream('from-firefox');
    expect([...(facts?.publisher?.codecs ?? [])].sort()).toEqual(['opus', 'vp8']);
    await publisher.call('stop');
    expect((await publisher.call('exchanges')).at(-1)).toMatchObject({ method: 'DELETE', status: 200 });
  });

  it('plays what Chromium publishes, over WHEP, over LL-HLS and on the watch page', async () => {
    await using publisher = await rig.chromium();
    await using viewer = await rig.firefox();
    await publisher.call('publish', {
      client: 'frontrow',
      url: rig.gateway.url('/whip/to-firefox'),
      toneHz,
    });
    await rig.untilLive('to-firefox');
    await viewer.call('watch', { client: 'frontrow', url: rig.gateway.url('/whep/to-firefox') });
    await untilWatched(viewer, { toneHz });
    await viewer.call('stop');
    expect((await viewer.call('exchanges')).at(-1)).toMatchObject({ method: 'DELETE', status: 200 });
    await rig.untilBroadcast('to-firefox');
    await viewer.call('watchHls', rig.gateway.url('/hls/to-firefox/index.m3u8'));
    const seen = await untilWatched(viewer, { toneHz });
    expect([seen.width, seen.height]).toEqual([640, 360]);
    await viewer.call('stop');
    await viewer.visit(rig.gateway.url('/watch/to-firefox'));
    await until('the watch page plays', async () => (await viewer.framesShown()) > 20, { timeoutMs: 30_000 });
    // By now it would have said that the picture stands, and not yet begun anew.
    await sleep(3_500);
    const isCalm = async (): Promise<boolean> => !(await viewer.text()).includes('Waiting for picture');
    await until('the page takes it for playing', isCalm, { timeoutMs: 3_000 });
    const before = await viewer.framesShown();
    await until('it plays on', async () => (await viewer.framesShown()) > before + 20, { timeoutMs: 30_000 });
  });
});
