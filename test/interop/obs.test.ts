import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

let rig: Rig;
let recording: Recording;

beforeAll(async () => {
  [rig, recording] = await Promise.all([
    openRig(),
    makeRecording({
      codec: 'h264',
      width: 1280,
      height: 720,
      bitrateBps: 2_000_000,
      seconds: 8,
      keyframeSeconds: 2,
    }),
  ]);
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('a publisher shaped like OBS (High profile, 2 s between keyframes, deaf to requests)', () => {
  it('plays in both tiers in Chromium, and its Stop is answered with 200', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: rig.gateway.url('/whip/obs'), recording });
    await until('obs is live', async () => (await rig.gateway.stream('obs'))?.live, { timeoutMs: 20_000 });
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.watchWhep(front, 'obs');
    await rig.watchHls(tail, 'obs');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 0);
    await untilSeen(tail, 'LL-HLS shows a picture', (seen) => seen.framesShown > 0);
    await Promise.all([front.call('resetWatch'), tail.call('resetWatch')]);
    await sleep(6_000);
    const [whep, hls] = await Promise.all([front.call('watchReport'), tail.call('watchReport')]);
    for (const seen of [whep, hls]) {
      expect([seen.width, seen.height]).toEqual([1280, 720]);
      expect(seen.framesShown).toBeGreaterThan(45);
      expect(Math.abs(seen.audio.peakHz - 660)).toBeLessThan(40);
    }
    expect(whep.rtc?.videoPacketsLost).toBe(0);
    expect(hls.hls?.ending).toBe('');
    expect((await rig.gateway.stream('obs'))?.bridge?.video).toBe('passthrough');
    expect(await obs.stop()).toBe(200);
  }, 120_000);

  it('finds its viewers still there after Stop and Start', async () => {
    const whipUrl = rig.gateway.url('/whip/obs-again');
    const first = await ObsPublisher.open({ whipUrl, recording });
    await until('it is live', async () => (await rig.gateway.stream('obs-again'))?.live, {
      timeoutMs: 20_000,
    });
    await using front = await rig.page();
    await rig.watchWhep(front, 'obs-again');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 30);
    expect(await first.stop()).toBe(200);
    await using second = await ObsPublisher.open({ whipUrl, recording });
    await front.call('resetWatch');
    const seen = await untilSeen(front, 'the picture moves again', (report) => report.framesShown > 60);
    expect([seen.rtc?.connection, second.connection]).toEqual(['connected', 'connected']);
  }, 120_000);

  it('shows a new viewer its first picture within one keyframe interval', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: rig.gateway.url('/whip/obs-join'), recording });
    await until('it is live', async () => (await rig.gateway.stream('obs-join'))?.live, {
      timeoutMs: 20_000,
    });
    await using front = await rig.page();
    const started = performance.now();
    await rig.watchWhep(front, 'obs-join');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 0);
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(obs.connection).toBe('connected');
  }, 120_000);
});
