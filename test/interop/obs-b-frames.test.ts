import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;
let plain: Recording;
let reordered: Recording;

const stream = 'b-frames';

beforeAll(async () => {
  const common = { codec: 'h264', width: 640, height: 360, bitrateBps: 1_200_000, stamped: true } as const;
  [rig, plain, reordered] = await Promise.all([
    openRig().then((made) => life.use(made)),
    makeRecording({ ...common, seconds: 4, keyframeSeconds: 2 }),
    // Long, so that the numbers in the pictures do not begin anew while somebody watches.
    makeRecording({ ...common, seconds: 40, keyframeSeconds: 2, bFrames: 2 }),
  ]);
}, 120_000);
afterAll(() => life.disposeAsync());

interface FindingFacts {
  readonly code: string;
  readonly advice: string;
  readonly evidence: Readonly<Record<string, number>>;
}

async function json<T>(path: string): Promise<T> {
  return (await (await fetch(rig.gateway.url(path))).json()) as T;
}

async function bFrameFindings(): Promise<readonly FindingFacts[]> {
  const { findings } = await json<{ findings: readonly FindingFacts[] }>(`/api/streams/${stream}`);
  return findings.filter(({ code }) => code === 'b-frames');
}

const join = (): Promise<{ tier: string; reason: string }> => json(`/join/${stream}?want=interactive`);

it('B-frames close the front row to newcomers only, are told with the setting of OBS, and play in order over LL-HLS', async () => {
  const whipUrl = rig.gateway.url(`/whip/${stream}`);
  const first = await ObsPublisher.open({ whipUrl, recording: plain });
  await until('it is live', async () => (await rig.gateway.stream(stream))?.live, { timeoutMs: 20_000 });
  await using early = await rig.page();
  await rig.watchWhep(early, stream);
  await untilSeen(early, 'WHEP shows a picture', (seen) => seen.framesShown > 30);
  expect(await join()).toMatchObject({ tier: 'interactive' });

  const second = await ObsPublisher.open({ whipUrl, recording: reordered });
  await until('the verdict', async () => (await join()).reason === 'b-frames', { timeoutMs: 5_000 });
  expect(await join()).toMatchObject({ tier: 'broadcast', reason: 'b-frames' });
  const [finding] = await until(
    'the finding',
    async () => {
      const found = await bFrameFindings();
      return found.length > 0 ? found : undefined;
    },
    { timeoutMs: 5_000 },
  );
  expect(finding?.advice).toContain('Use B-Frames');
  expect(finding?.evidence['reorderFrames']).toBeGreaterThan(0);
  const doctor = await (await fetch(`${second.location}/doctor`)).json();
  expect(doctor).toMatchObject({ leads: true });
  expect(JSON.stringify(doctor)).toContain('"b-frames"');
  const metrics = await (await fetch(rig.gateway.url('/metrics'))).text();
  expect(metrics).toContain(
    'frontrow_ingest_findings{stream="b-frames",code="b-frames",severity="problem"} 1',
  );

  await using late = await rig.page();
  await expect(rig.watchWhep(late, stream)).rejects.toThrow(/503|B-frames/);
  await rig.watchHls(late, stream);
  await untilSeen(late, 'LL-HLS shows a picture', (seen) => seen.framesShown > 30);
  await late.call('resetWatch');
  await sleep(6_000);
  const seen = await late.call('watchReport');
  expect(seen.framesRead).toBeGreaterThan(60);
  expect(seen.framesBack).toBe(0);
  expect(seen.largestStep).toBeLessThan(60);
  expect(seen.hls?.ending).toBe('');
  const facts = await rig.gateway.stream(stream);
  expect(facts?.bridge?.video).toBe('passthrough');
  expect(facts?.viewers.interactive).toBe(1);

  await using third = await ObsPublisher.open({ whipUrl, recording: plain });
  await until('the front row is open', async () => (await join()).tier === 'interactive', {
    timeoutMs: 10_000,
  });
  expect(await bFrameFindings()).toEqual([]);
  await rig.watchWhep(late, stream);
  expect(third.connection).toBe('connected');
  expect((await rig.gateway.stream(stream))?.viewers.interactive).toBe(2);
  await first.stop();
  await second.stop();
}, 180_000);
