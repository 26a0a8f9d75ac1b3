import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let gateway: Gateway;
beforeAll(async () => {
  gateway = life.use(await startGateway());
});
afterAll(() => life.disposeAsync());

interface Findings {
  readonly findings: readonly { readonly code: string; readonly advice: string }[];
}

/** What depends on how busy the machine is. */
const ofLoad = new Set([
  'bursts',
  'jitter',
  'frame-rate-unstable',
  'frame-rate-change',
  'loss',
  'loss-repaired',
]);

it('a publisher with the defaults of OBS is told of its keyframe interval, and with 2 s of nothing that hurts', async () => {
  const common = { codec: 'h264', width: 320, height: 180, bitrateBps: 400_000 } as const;
  const [defaults, advised] = await Promise.all([
    makeRecording({ ...common, seconds: 25, keyframeSeconds: 25 / 3 }),
    makeRecording({ ...common, seconds: 8, keyframeSeconds: 2 }),
  ]);
  const first = await ObsPublisher.open({ whipUrl: gateway.url('/whip/defaults'), recording: defaults });
  await using second = await ObsPublisher.open({ whipUrl: gateway.url('/whip/advised'), recording: advised });
  const findings = async (session: ObsPublisher): Promise<Findings['findings']> =>
    ((await (await fetch(`${session.location}/doctor`)).json()) as Findings).findings;
  const found = await until(
    'the keyframe interval is found',
    async () => (await findings(first)).find(({ code }) => code === 'keyframe-interval'),
    { timeoutMs: 20_000, everyMs: 250 },
  );
  expect(found.advice).toContain('Keyframe Interval: 2 s');
  const codes = (await findings(second)).map(({ code }) => code).filter((code) => !ofLoad.has(code));
  const notes = ['deaf-to-keyframe-requests', 'profile-unlike-sdp'];
  expect(codes.filter((code) => !notes.includes(code))).toEqual([]);
  expect(codes).toContain('profile-unlike-sdp');
  expect(gateway.logs.join('\n')).toContain('ingest finding');
  expect(await first.stop()).toBe(200);
}, 120_000);
