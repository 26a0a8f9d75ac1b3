import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { stretch, until } from '#test/kit/wait.ts';

/** As OBS sends them unless it is told otherwise; it gives none that is asked for. */
const keyframeSeconds = 8;

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  const facts = { codec: 'h264', width: 426, height: 240, bitrateBps: 600_000 } as const;
  const [opened, recording] = await Promise.all([
    openRig(),
    makeRecording({ ...facts, seconds: keyframeSeconds, keyframeSeconds }),
  ]);
  rig = life.use(opened);
  // Its first segment is long: it fills while the other stream is looked at.
  life.use(await ObsPublisher.open({ whipUrl: rig.gateway.url('/whip/rare'), recording }));
});
afterAll(() => life.disposeAsync());

/** The first media playlist that the multivariant playlist names. */
async function videoPlaylist(stream: string): Promise<string> {
  const url = rig.gateway.url(`/hls/${stream}/index.m3u8`);
  const multivariant = await (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text();
  const name = multivariant.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  const response = await fetch(new URL(name ?? '', url), { signal: AbortSignal.timeout(20_000) });
  return response.text();
}

describe('when FFmpeg is killed while both tiers watch', () => {
  it('LL-HLS plays on behind a discontinuity and the WHEP viewer sees nothing', async () => {
    await using publisher = await rig.page();
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.publish(publisher, 'killed');
    await rig.watchWhep(front, 'killed');
    await rig.watchHls(tail, 'killed');
    await untilSeen(front, 'WHEP shows the clock', (seen) => seen.framesRead > 60);
    await untilSeen(tail, 'LL-HLS shows the clock', (seen) => seen.framesRead > 60);
    const before = await rig.gateway.stream('killed');
    const pid = before?.bridge?.pid ?? 0;
    expect(pid).toBeGreaterThan(1);
    const lostBefore = (await front.call('watchReport')).rtc?.videoPacketsLost;
    await front.call('resetWatch');
    process.kill(pid, 'SIGKILL');
    const after = await until(
      'FFmpeg runs again',
      async () => {
        const now = await rig.gateway.stream('killed');
        return now?.bridge?.state === 'running' && now.bridge.pid !== pid ? now : undefined;
      },
      { timeoutMs: 20_000, detail: () => rig.gateway.logs.slice(-10) },
    );
    expect(after.bridge?.restarts).toBe((before?.bridge?.restarts ?? 0) + 1);
    await until(
      'the playlist has a discontinuity',
      async () => (await videoPlaylist('killed')).includes('#EXT-X-DISCONTINUITY\n'),
      { timeoutMs: 20_000 },
    );
    await sleep(3_000);
    await tail.call('resetWatch');
    const hls = await untilSeen(tail, 'LL-HLS plays on', (seen) => seen.framesRead > 90);
    expect(hls.hls?.ending).toBe('');
    expect(hls.glass.p50Ms).toBeLessThan(6_000 * stretch());
    const whep = await front.call('watchReport');
    expect(whep.rtc?.connection).toBe('connected');
    expect(whep.rtc?.videoPacketsLost).toBe(lostBefore);
    expect(whep.longestGapMs).toBeLessThan(2_000 * stretch());
    expect(whep.framesRead).toBeGreaterThan(60);
  }, 180_000);

  it('LL-HLS plays on in our player, though no keyframe comes for seconds', async () => {
    await using tail = await rig.page();
    await rig.watchHls(tail, 'rare');
    await untilSeen(tail, 'LL-HLS plays', ({ framesShown }) => framesShown > 30);
    const { bridge } = (await rig.gateway.stream('rare')) ?? {};
    process.kill(bridge?.pid ?? 0, 'SIGKILL');
    await tail.call('resetWatch');
    await until(
      'the playlist has a discontinuity',
      async () => /#EXT-X-DISCONTINUITY\n/.test(await videoPlaylist('rare')),
      {
        timeoutMs: 20_000,
      },
    );
    await tail.call('resetWatch');
    const seen = await untilSeen(tail, 'LL-HLS plays on', ({ framesShown }) => framesShown > 90);
    expect(seen.hls?.ending).toBe('');
    expect((await rig.gateway.stream('rare'))?.bridge).toMatchObject({ state: 'running', epoch: 2 });
  }, 120_000);
});
