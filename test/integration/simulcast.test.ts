import { isDeepStrictEqual } from 'node:util';

import { cleanup } from 'node-datachannel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BridgeReport } from '#src/core/cmaf.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let gateway: Gateway;
let sizes: readonly Recording[] = [];

beforeAll(async () => {
  const env = { FRONTROW_BRIDGE__LADDER: 'ladder-3', FRONTROW_MEDIA__WORKERS: '2' };
  life.defer(cleanup);
  gateway = life.use(await startGateway({ env }));
  const of = { codec: 'h264', seconds: 2, keyframeSeconds: 1 } as const;
  sizes = await Promise.all([
    makeRecording({ ...of, width: 854, height: 480, bitrateBps: 900_000 }),
    makeRecording({ ...of, width: 568, height: 320, bitrateBps: 450_000 }),
    makeRecording({ ...of, width: 284, height: 160, bitrateBps: 150_000 }),
  ]);
}, 120_000);
afterAll(() => life.disposeAsync());

async function bridgeOf(stream: string): Promise<BridgeReport | null> {
  const answer = await fetch(gateway.url(`/api/streams/${stream}`), { signal: AbortSignal.timeout(20_000) });
  return ((await answer.json()) as { readonly bridge: BridgeReport | null }).bridge;
}

test('three layers of OBS are three qualities of LL-HLS without an encode', async () => {
  const [recording, ...layers] = sizes;
  if (!recording) throw new Error('nothing to publish');
  await using publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/obs'), recording, layers });
  let bridge: BridgeReport | null = null;
  await until(
    'both smaller layers are rungs, and can be played',
    async () => {
      bridge = await bridgeOf('obs');
      const copied = bridge?.ladder?.layers?.map(({ rid, width, rendition }) => [rid, width, rendition]);
      const isCopied = isDeepStrictEqual(copied, [
        ['1', 568, 'v1'],
        ['2', 284, 'v2'],
      ]);
      return isCopied && (await gateway.stream('obs'))?.hls?.ready;
    },
    { timeoutMs: 30_000, detail: () => [bridge, gateway.logs.slice(-5)] },
  );
  expect(bridge).toMatchObject({ state: 'running', video: 'passthrough', restarts: 0 });
  expect(bridge).toMatchObject({ ladder: { rungs: [], withheld: [] } });
  const index = gateway.url('/hls/obs/index.m3u8');
  const listed = async (): Promise<readonly unknown[]> => {
    const text = await (await fetch(index, { signal: AbortSignal.timeout(20_000) })).text();
    return [...text.matchAll(/EXT-X-STREAM-INF:.*RESOLUTION=(\w+)/g)].map(([, size]) => size);
  };
  const all = ['854x480', '568x320', '284x160'];
  await until('all are listed', async () => isDeepStrictEqual(await listed(), all), {
    timeoutMs: 20_000,
    detail: listed,
  });
  const findings = await walkLiveStream(index, { seconds: 5 });
  expect(findings.problems).toEqual([]);
  expect(publisher.connection).toBe('connected');
}, 90_000);
