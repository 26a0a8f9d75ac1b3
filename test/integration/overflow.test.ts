import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const life = new AsyncDisposableStack();
let other: Gateway;
let recording: Recording;

beforeAll(async () => {
  const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 };
  other = life.use(await startGateway());
  recording = await makeRecording({ codec: 'h264', ...small });
});
afterAll(() => life.disposeAsync());

const live = (gateway: Gateway, stream: string): Promise<unknown> =>
  until(`${stream} is live`, async () => (await gateway.stream(stream))?.live, { timeoutMs: 15_000 });
const post = (gateway: Gateway, path: string, role: 'publisher' | 'viewer'): Promise<Exchange> =>
  exchange(gateway.url(path), { method: 'POST', headers: sdp, body: makeOffer({ role }) });

/** Whether anything listens there. */
async function isUp(gateway: Gateway): Promise<boolean> {
  try {
    await (await fetch(gateway.url('/livez'))).body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

describe('a full node', () => {
  it('sends publishers and viewers to another one, where their session then is', async () => {
    await using full = await startGateway({
      env: {
        FRONTROW_SESSION__MAX_STREAMS: '1',
        FRONTROW_TIER__INTERACTIVE_LIMIT: '1',
        FRONTROW_SESSION__OVERFLOW_URL: other.origin,
      },
    });
    await using first = await ObsPublisher.open({ whipUrl: full.url('/whip/first'), recording });
    await live(full, 'first');
    const sent = await post(full, '/whip/second', 'publisher');
    expect(sent.status).toBe(307);
    await using second = await ObsPublisher.open({ whipUrl: sent.headers.location!, recording });
    await live(other, 'second');
    expect(second.location.startsWith(`${other.origin}/whip/second/`)).toBe(true);
    expect(await full.stream('second')).toBeUndefined();

    await using seated = await CountingViewer.open(full.url('/whep/first'));
    const moved = await post(full, '/whep/first?maxHeight=360', 'viewer');
    expect([moved.status, moved.headers.location]).toEqual([
      307,
      `${other.origin}/whep/first?maxHeight=360&overflow=1`,
    ]);
    const back = await post(full, '/whep/first?overflow=1', 'viewer');
    expect([back.status, problemOf(back).code]).toEqual([503, 'interactive-full']);
    expect(Number(back.headers['retry-after'])).toBeGreaterThan(0);
    expect([first.connection, seated.connection]).toEqual(['connected', 'connected']);
  });
});

describe('a node that was told to stop', () => {
  it('serves those who are there for a while, takes nobody in, and says so', async () => {
    await using gateway = await startGateway({ env: { FRONTROW_SESSION__DRAIN_MS: '8000' } });
    const publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/live'), recording });
    await live(gateway, 'live');
    const viewer = await CountingViewer.open(gateway.url('/whep/live'));
    await until('media flows', () => viewer.video.instants > 10, { timeoutMs: 20_000 });
    process.kill(gateway.pid, 'SIGTERM');
    await until('it is not ready', async () => (await fetch(gateway.url('/readyz'))).status === 503, {
      timeoutMs: 5_000,
      everyMs: 50,
    });
    for (const [path, role] of [
      ['/whip/live', 'publisher'],
      ['/whip/new', 'publisher'],
      ['/whep/live', 'viewer'],
    ] as const) {
      const answer = await post(gateway, path, role);
      expect([answer.status, problemOf(answer).code, answer.headers['retry-after']]).toEqual([
        503,
        'shutting-down',
        '3',
      ]);
    }
    viewer.reset();
    await until('media still flows', () => viewer.video.instants > 10, { timeoutMs: 6_000 });
    expect(publisher.connection).toBe('connected');
    await viewer[Symbol.asyncDispose]();
    expect(await publisher.stop()).toBe(200);
    await until('it is over', async () => !(await isUp(gateway)), { timeoutMs: 20_000 });
  });
});
