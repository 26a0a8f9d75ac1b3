import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openAnswerer } from '#test/kit/answerer.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

describe('a Chromium viewer that is made an offer', () => {
  it.each(['h264', 'vp8', 'vp9', 'av1'] as const)('answers and plays %s with sound', async (codec) => {
    await using publisher = await rig.page();
    await using page = await rig.page();
    await rig.publish(publisher, `offer-${codec}`, { codec });
    const viewer = await openAnswerer(page);
    expect(await viewer.watch(rig.gateway.url(`/whep/offer-${codec}`))).toBe(204);
    const seen = await viewer.untilSeen(
      'picture and sound',
      ({ framesDecoded, soundMs }) => framesDecoded > 45 && soundMs > 1_000,
    );
    expect(seen.connection).toBe('connected');
    expect(seen.videoCodec.toLowerCase()).toBe(`video/${codec}`);
    expect(await viewer.leave()).toBe(200);
  });

  it('may reject the first section, which would own the transport', async () => {
    await using publisher = await rig.page();
    await using page = await rig.page();
    await rig.publish(publisher, 'offer-part', { codec: 'vp8' });
    const viewer = await openAnswerer(page);
    expect(await viewer.watch(rig.gateway.url('/whep/offer-part'), 'audio')).toBe(204);
    const seen = await viewer.untilSeen('the picture', ({ framesDecoded }) => framesDecoded > 30);
    expect([seen.connection, seen.soundMs]).toEqual(['connected', 0]);
  });

  it('keeps playing when a publisher with another codec takes the stream over', async () => {
    await using first = await rig.page();
    await using second = await rig.page();
    await using page = await rig.page();
    await rig.publish(first, 'offer-change', { codec: 'h264' });
    const viewer = await openAnswerer(page);
    expect(await viewer.watch(rig.gateway.url('/whep/offer-change'))).toBe(204);
    await viewer.untilSeen('H.264 plays', ({ framesDecoded }) => framesDecoded > 30);
    await rig.publish(second, 'offer-change', { codec: 'vp8' });
    const changed = await viewer.untilSeen('VP8 comes', ({ videoCodec }) => /vp8/i.test(videoCodec));
    const seen = await viewer.untilSeen(
      'frames go on',
      ({ framesDecoded }) => framesDecoded > changed.framesDecoded + 30,
    );
    expect(seen.connection).toBe('connected');
  });
});
