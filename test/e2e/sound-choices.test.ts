import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig({ env: { FRONTROW_BRIDGE__OPUS: 'true', FRONTROW_HLS__AUDIO_ONLY: 'true' } }));
});
afterAll(() => life.disposeAsync());

describe('LL-HLS offers AAC, Opus and sound alone', () => {
  it('hls.js plays picture and sound with either codec', async () => {
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await rig.publish(publisher, 'sounds', { toneHz: 700 });
    await rig.watchHls(viewer, 'sounds');
    const address = rig.gateway.url('/hls/sounds/index.m3u8');
    const multivariant = await (await fetch(address, { signal: AbortSignal.timeout(20_000) })).text();
    expect(
      [...multivariant.matchAll(/^#EXT-X-STREAM-INF:.*(CODECS="[^"]*")/gm)].map(([, codecs]) =>
        codecs?.replace(/avc1\.\w+/, 'avc1'),
      ),
    ).toEqual(['CODECS="avc1,mp4a.40.2"', 'CODECS="avc1,Opus"', 'CODECS="mp4a.40.2"']);
    const played: (string | undefined)[] = [];
    for (const quality of ['level:0', 'level:1']) {
      await viewer.call('chooseHls', quality);
      await sleep(3_000);
      await viewer.call('resetWatch');
      const seen = await untilSeen(viewer, `${quality} plays`, ({ framesShown }) => framesShown > 60);
      expect(seen.hls?.ending).toBe('');
      expect(seen.width).toBe(640);
      expect(Math.abs(seen.audio.peakHz - 700), JSON.stringify([quality, seen.audio])).toBeLessThan(40);
      played.push(seen.hls?.audioCodec.toLowerCase());
    }
    expect(played.toSorted()).toEqual(['mp4a.40.2', 'opus']);
  }, 180_000);
});
