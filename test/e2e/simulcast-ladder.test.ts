import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BridgeReport } from '#src/core/cmaf.ts';
import { changeWithoutStall } from '#test/kit/hls-changes.ts';
import { layeredPublisher } from '#test/kit/layered-publisher.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;
let sizes: readonly Recording[] = [];

beforeAll(async () => {
  const env = { FRONTROW_BRIDGE__LADDER: 'ladder-2', FRONTROW_HLS__PROFILE: 'standard' };
  const of = { codec: 'h264', seconds: 2, keyframeSeconds: 1 } as const;
  const [made, large, small] = await Promise.all([
    openRig({ env }).then((one) => life.use(one)),
    makeRecording({ ...of, width: 640, height: 360, bitrateBps: 600_000 }),
    makeRecording({ ...of, width: 320, height: 180, bitrateBps: 200_000 }),
  ]);
  rig = made;
  sizes = [large, small];
});
afterAll(() => life.disposeAsync());

/** Waits until the smaller of two layers is a rung that was copied. */
async function untilCopied(stream: string, rid: string): Promise<void> {
  let last: BridgeReport | null = null;
  await until(
    'the smaller layer is a rung',
    async () => {
      const url = rig.gateway.url(`/api/streams/${stream}`);
      const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      last = ((await answer.json()) as { readonly bridge?: BridgeReport | null }).bridge ?? null;
      const [layer, ...others] = last?.ladder?.layers ?? [];
      return others.length === 0 && layer?.rid === rid && layer.rendition === 'v1';
    },
    { timeoutMs: 60_000, everyMs: 250, detail: () => last },
  );
  expect(last).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0 });
  expect(last).toMatchObject({ ladder: { rungs: [], withheld: [] } });
}

describe('publishers that send two sizes, and LL-HLS has both without an encode', () => {
  it('a browser: its keyframes stand together', async () => {
    await using page = await rig.page();
    const publisher = await layeredPublisher(page);
    const layers = [
      { rid: 'h', scaleDownBy: 2, maxBitrateBps: 250_000 },
      { rid: 'f', scaleDownBy: 1, maxBitrateBps: 800_000 },
    ];
    const picture = { codec: 'h264', width: 640, height: 360, maxBitrateBps: 1_200_000 } as const;
    const whipUrl = rig.gateway.url('/whip/browser');
    await publisher.publish({ ...picture, audio: true, whipUrl, layers });
    await untilCopied('browser', 'h');
    expect(await publisher.stop()).toBe(200);
  }, 180_000);

  it('OBS: hls.js goes down and up again without a stall', async () => {
    const [recording, ...layers] = sizes;
    if (!recording) throw new Error('nothing to publish');
    const whipUrl = rig.gateway.url('/whip/obs');
    await using publisher = await ObsPublisher.open({ whipUrl, recording, layers });
    await untilCopied('obs', '1');
    // Players read this playlist once: a size that is not in it yet is none that they could choose.
    const url = rig.gateway.url('/hls/obs/index.m3u8');
    const isListed = async (): Promise<boolean> =>
      (await (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text()).includes('=320x180');
    await until('the smaller size is listed', isListed, { timeoutMs: 30_000 });
    await using viewer = await rig.page();
    await rig.watchHls(viewer, 'obs');
    await untilSeen(viewer, 'a picture', (seen) => seen.framesShown > 30);
    await sleep(2_000);
    const after = await changeWithoutStall(viewer, [
      ['level:0', 320],
      ['level:1', 640],
    ]);
    expect(after.hls?.ending).toBe('');
    expect(after.framesShown).toBeGreaterThan(60);
    expect(publisher.connection).toBe('connected');
    await untilCopied('obs', '1');
  }, 180_000);
});
