import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changeWithoutStall } from '#test/kit/hls-changes.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { stretch, until } from '#test/kit/wait.ts';

/** A recording, so that no browser encodes while another one must play without a stall. */
const source = {
  codec: 'h264',
  width: 640,
  height: 360,
  bitrateBps: 800_000,
  seconds: 4,
  keyframeSeconds: 1,
} as const;

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(
    await openRig({
      env: { FRONTROW_BRIDGE__LADDER: 'ladder-2', FRONTROW_HLS__PROFILE: 'standard' },
    }),
  );
});
afterAll(() => life.disposeAsync());

describe('OBS publishes, and LL-HLS has a second quality', () => {
  it('hls.js goes down and up again without a stall', async () => {
    const recording = await makeRecording(source);
    await using obs = await ObsPublisher.open({ whipUrl: rig.gateway.url('/whip/rungs'), recording });
    await using viewer = await rig.page();
    await until('the stream is live', async () => (await rig.gateway.stream('rungs'))?.live, {
      timeoutMs: 20_000,
    });
    await rig.watchHls(viewer, 'rungs');
    await untilSeen(viewer, 'a picture', (seen) => seen.framesShown > 30);
    await sleep(3_000);
    const after = await changeWithoutStall(viewer, [
      ['level:0', 320],
      ['level:1', 640],
      ['level:0', 320],
    ]);
    expect(after.hls?.ending).toBe('');
    expect(after.longestGapMs).toBeLessThan(2_000 * stretch());
    expect(after.framesShown).toBeGreaterThan(90);
    const facts = await rig.gateway.stream('rungs');
    expect(obs.connection).toBe('connected');
    expect(facts?.bridge).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0 });
  }, 180_000);
});
