import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

describe('a stream of one kind', () => {
  it('is heard in both tiers without a picture', async () => {
    await using publisher = await rig.page();
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.publish(publisher, 'sound', { video: false, toneHz: 550 });
    await rig.watchWhep(front, 'sound');
    await rig.watchHls(tail, 'sound');
    for (const page of [front, tail]) {
      const heard = await untilSeen(
        page,
        'the tone sounds',
        ({ audio }) => Math.abs(audio.peakHz - 550) < 40,
      );
      expect([heard.width, heard.framesShown]).toEqual([0, 0]);
    }
    expect((await rig.gateway.stream('sound'))?.publisher?.codecs).toEqual(['opus']);
  });

  it('is seen in both tiers without sound', async () => {
    await using publisher = await rig.page();
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.publish(publisher, 'silent', { audio: false });
    await rig.watchWhep(front, 'silent');
    await rig.watchHls(tail, 'silent');
    for (const page of [front, tail]) {
      const seen = await untilSeen(page, 'the picture moves', (report) => report.framesRead > 30);
      expect(seen.audio.peakHz).toBe(0);
    }
    expect((await rig.gateway.stream('silent'))?.publisher?.codecs).toEqual(['h264']);
  });
});
