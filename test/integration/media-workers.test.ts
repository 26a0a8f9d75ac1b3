import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 } as const;
const life = new AsyncDisposableStack();
let gateway: Gateway;
let publisher: ObsPublisher;

beforeAll(async () => {
  const env = {
    FRONTROW_MEDIA__WORKERS: '2',
    FRONTROW_RTC__PORT: '0',
    FRONTROW_SESSION__DRAIN_MS: '20000',
  };
  gateway = life.use(await startGateway({ env }));
  const recording = await makeRecording({ codec: 'h264', ...small });
  publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/live'), recording });
  await until('the stream is live', async () => (await gateway.stream('live'))?.live, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

const portOf = (answer: string): number =>
  Number(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/m.exec(answer)?.[1]);

describe('a gateway with two media workers', () => {
  it('seats a stream’s viewers on both ports, and all of them get all of it', async () => {
    const viewers = await Promise.all(
      Array.from({ length: 12 }, () => CountingViewer.open(gateway.url('/whep/live'))),
    );
    const ports = viewers.map(({ session }) => portOf(session.answer));
    expect(new Set(ports).size).toBe(2);
    await until('pictures everywhere', () => viewers.every(({ video }) => video.instants > 30), {
      timeoutMs: 20_000,
      detail: () => viewers.map(({ video }) => video.instants),
    });
    expect(viewers.map(({ video, audio }) => video.missing + audio.missing)).toEqual(viewers.map(() => 0));
    const seats = async (): Promise<string[]> => {
      const metrics = await (await fetch(gateway.url('/metrics'))).text();
      return [...metrics.matchAll(/^frontrow_worker_peers\{port="(\d+)"\} (\d+)$/gm)]
        .map(([, port, peers]) => `${port ?? ''}: ${peers ?? ''}`)
        .sort();
    };
    // The publisher sits at home.
    const all = [...ports, portOf(publisher.answer)];
    const expected = [...new Set(all)].map((port) => {
      return `${String(port)}: ${String(all.filter((one) => one === port).length)}`;
    });
    await until('the workers in the metrics', async () => expected.sort().join() === (await seats()).join(), {
      timeoutMs: 5_000,
      detail: seats,
    });
    for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
  });

  it('ends cleanly when it is told to while both are at work', async () => {
    const viewers = await Promise.all(
      Array.from({ length: 10 }, () => CountingViewer.open(gateway.url('/whep/live'))),
    );
    await until('pictures again', () => viewers.every(({ video }) => video.instants > 0), {
      timeoutMs: 20_000,
    });
    process.kill(gateway.pid, 'SIGTERM');
    for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
    expect(await publisher.stop()).toBe(200);
    // With nobody left it need not wait any longer.
    expect(await gateway.exited).toEqual([0, null]);
    expect(gateway.logs.filter((line) => line.includes('went wrong'))).toEqual([]);
  });
});
