import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BridgeReport } from '#src/core/cmaf.ts';
import { layeredPublisher } from '#test/kit/layered-publisher.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ env: { FRONTROW_BRIDGE__LADDER: 'ladder-2' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

async function bridgeOf(stream: string): Promise<BridgeReport | null> {
  const answer = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(5_000),
  });
  return ((await answer.json()) as { readonly bridge: BridgeReport | null }).bridge;
}

describe('a browser publishes in two sizes, and LL-HLS has both without an encode', () => {
  it('hls.js goes down and up again without a stall', async () => {
    await using page = await rig.page();
    await using viewer = await rig.page();
    const publisher = await layeredPublisher(page);
    const layers = [
      { rid: 'h', scaleDownBy: 2, maxBitrateBps: 250_000 },
      { rid: 'f', scaleDownBy: 1, maxBitrateBps: 800_000 },
    ];
    const picture = { codec: 'h264', width: 640, height: 360, maxBitrateBps: 1_200_000 } as const;
    await publisher.publish({ ...picture, audio: true, whipUrl: rig.gateway.url('/whip/sizes'), layers });
    let last: unknown;
    await until(
      'the smaller layer is a rung',
      async () => {
        const bridge = await bridgeOf('sizes');
        last = bridge;
        const rungs = bridge?.ladder?.layers?.map(({ rid, rendition }) => [rid, rendition]) ?? [];
        return JSON.stringify(rungs) === '[["h","v1"]]';
      },
      { timeoutMs: 60_000, everyMs: 500, detail: () => last },
    );
    await rig.watchHls(viewer, 'sizes');
    await untilSeen(viewer, 'a picture', (seen) => seen.framesShown > 30);
    await sleep(2_000);
    const before = await viewer.call('watchReport');
    await viewer.call('resetWatch');
    for (const [quality, width] of [
      ['level:0', 320],
      ['level:1', 640],
    ] as const) {
      await viewer.call('chooseHls', quality);
      await untilSeen(viewer, `a picture ${String(width)} wide`, (seen) => seen.width === width);
      await sleep(2_000);
    }
    const after = await viewer.call('watchReport');
    expect(after.hls?.stalls).toBe(before.hls?.stalls);
    expect(after.hls?.ending).toBe('');
    expect(after.longestGapMs).toBeLessThan(2_000);
    const bridge = await bridgeOf('sizes');
    expect(bridge).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0 });
    expect(bridge?.ladder).toMatchObject({ rungs: [], withheld: [] });
  }, 120_000);
});
