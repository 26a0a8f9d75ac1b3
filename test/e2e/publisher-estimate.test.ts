import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { TrackReport } from '#src/core/plane-report.ts';
import { layeredPublisher } from '#test/kit/layered-publisher.ts';
import { openRig, type Rig } from '#test/kit/rig.ts';
import { stretch, until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

interface StreamView {
  readonly publisher: { readonly rttMs: number } | null;
  readonly tracks: readonly TrackReport[];
}

async function view(stream: string): Promise<StreamView> {
  const response = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(20_000),
  });
  return (await response.json()) as StreamView;
}

describe("a browser's estimate of the way to the gateway", () => {
  it('grows by our transport-wide feedback, what it sends follows, and the round trip is measured', async () => {
    await using page = await rig.page();
    const publisher = await layeredPublisher(page);
    const answer = await publisher.publish({
      whipUrl: rig.gateway.url('/whip/estimate'),
      codec: 'h264',
      width: 1280,
      height: 720,
      audio: true,
      maxBitrateBps: 3_000_000,
      layers: [],
    });
    expect(answer.match(/transport-wide-cc/g)).toHaveLength(2);
    let last: unknown;
    const detail = { timeoutMs: 40_000, everyMs: 500, detail: () => last };
    // A browser begins with 300 kbit/s.
    await until(
      'the estimate has grown tenfold',
      async () => {
        const { availableBps } = await publisher.report();
        last = availableBps;
        return availableBps > 3_000_000;
      },
      detail,
    );
    await until(
      'the picture comes with several times the first rate',
      async () => {
        const { tracks, publisher: who } = await view('estimate');
        last = [tracks, who];
        const picture = tracks.find(({ kind }) => kind === 'video')?.layers[0];
        return picture !== undefined && picture.bitrateBps > 1_500_000 && (who?.rttMs ?? 0) > 0;
      },
      detail,
    );
    expect((await view('estimate')).publisher?.rttMs).toBeLessThan(1_000 * stretch());
    expect(await publisher.stop()).toBe(200);
  });
});
