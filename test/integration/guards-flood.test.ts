import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { flood } from '#test/kit/flood.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const token = 'fr-studio-key-of-this-test-0123456789';
/** One that got about: what is done with it is nobody else's fault. */
const leakedToken = 'fr-leaked-key-of-this-test-0123456789';
const operatorKey = 'fr-operator-key-of-this-test-0123456';
const stream = 'calm';
const opened = new AsyncDisposableStack();
const viewers: CountingViewer[] = [];
let gateway: Gateway;

beforeAll(async () => {
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
  gateway = opened.use(
    await startGateway({
      config: [
        'auth:',
        '  streamKeys:',
        `    - { name: studio, sha256: "${hashOf(token)}", allow: [publish, view] }`,
        `    - { name: leaked, sha256: "${hashOf(leakedToken)}", allow: [publish, view] }`,
        `  operateKeys: [{ name: operator, sha256: "${hashOf(operatorKey)}" }]`,
        'tier: { interactiveLimitPerStream: 100 }',
      ].join('\n'),
    }),
  );
  const recording = await makeRecording({
    codec: 'h264',
    width: 640,
    height: 360,
    bitrateBps: 1_000_000,
    seconds: 4,
    keyframeSeconds: 1,
  });
  opened.use(await ObsPublisher.open({ whipUrl: gateway.url(`/whip/${stream}`), recording, token }));
  for (let number = 0; number < 3; number++) viewers.push(opened.use(await join()));
  await until('media flows', () => viewers.every(({ video }) => video.instants > 30), { timeoutMs: 30_000 });
});
afterAll(() => opened.disposeAsync());

function join(): Promise<CountingViewer> {
  return CountingViewer.open(gateway.url(`/whep/${stream}`), ['h264'], token);
}

/** WebRTC viewers of the stream as the gateway counts them, those that never connect included. */
async function counted(): Promise<number> {
  const headers = { Authorization: `Bearer ${operatorKey}` };
  const { status, body } = await exchange(gateway.url(`/api/streams/${stream}`), { method: 'GET', headers });
  expect(status).toBe(200);
  return (JSON.parse(body) as { viewers: { interactive: number } }).viewers.interactive;
}

/** A viewer that does as players do: it comes again when it is asked to. */
async function joinAsPlayersDo(patienceMs: number): Promise<CountingViewer> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await join();
    } catch (error) {
      if (performance.now() > deadlineMs || !/gave (429|503)/.test(String(error))) throw error;
      await sleep(1_000);
    }
  }
}

describe.each([
  { what: 'one address', addresses: 1 },
  { what: 'fifty addresses', addresses: 50 },
])('1,000 offers a second for 10 s from $what', ({ addresses }) => {
  it('cost those who watch less than 0.5 % of their packets, and leave seats for those who come', async () => {
    for (const viewer of viewers) viewer.reset();
    const flooding = flood({
      port: Number(new URL(gateway.origin).port),
      stream,
      token: leakedToken,
      perSecond: 1_000,
      seconds: 10,
      addresses,
    });
    await sleep(4_000);
    const newcomer = await joinAsPlayersDo(15_000);
    expect(await counted()).toBeLessThanOrEqual(100);
    const counts = await flooding;
    const told = JSON.stringify(counts);
    for (const { video, audio, connection } of viewers) {
      expect(connection).toBe('connected');
      for (const { packets, missing } of [video, audio]) {
        expect(packets, told).toBeGreaterThan(300);
        expect(missing / (packets + missing), told).toBeLessThan(0.005);
      }
    }
    const expected = ['201', '400', '401', '429', '503'];
    expect(
      Object.keys(counts.statuses).filter((status) => !expected.includes(status)),
      told,
    ).toEqual([]);
    expect(counts.sent).toBe(10_000);
    expect(counts.unanswered + counts.cut, told).toBe(0);
    expect(counts.statuses['429'] ?? 0, told).toBeGreaterThan(1_000);
    await until('the newcomer has media', () => newcomer.video.instants > 30, { timeoutMs: 20_000 });
    await newcomer[Symbol.asyncDispose]();
    await until('whoever never connected is gone', async () => (await counted()) === viewers.length, {
      timeoutMs: 30_000,
      everyMs: 500,
    });
  });
});
