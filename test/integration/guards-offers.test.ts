import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { hostileOffers } from '#test/fuzz/sdp-hostile.ts';
import { mutatedOffer, noise } from '#test/fuzz/sdp-mutations.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let gateway: Gateway;
let publisher: ObsPublisher;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  const [started, recording] = await Promise.all([
    // More than anybody may ask of it, from one address.
    startGateway({ env: { FRONTROW_HTTP__JOINS_PER_ADDRESS: '1000000' } }).then((made) => life.use(made)),
    makeRecording({
      codec: 'h264',
      width: 320,
      height: 180,
      bitrateBps: 300_000,
      seconds: 2,
      keyframeSeconds: 1,
    }),
  ]);
  gateway = started;
  publisher = life.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/calm'), recording }));
  life.defer(() => {
    agent.destroy();
  });
  await until('the stream is live', async () => (await gateway.stream('calm'))?.live, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

interface Asked {
  readonly status: number;
  readonly location: string | undefined;
  /** What it kept the gateway's event loop busy. */
  readonly tookMs: number;
}

/**
 * How long the thread of the event loop has been on a processor since it began (Linux, proc_pid_schedstat(5)): waiting for one,
 * as on a machine with other things to do, does not count.
 */
async function busyMs(): Promise<number> {
  const text = await readFile(`/proc/${gateway.pid}/task/${gateway.pid}/schedstat`, 'utf8');
  return Number(text.split(' ')[0]) / 1e6;
}

/** One request at a time over a connection that stays, so that what is measured is this request. */
async function ask(method: string, url: string, body?: string): Promise<Asked> {
  const beforeMs = await busyMs();
  const signal = AbortSignal.timeout(10_000);
  const headers = body === undefined ? {} : { 'Content-Type': 'application/sdp' };
  const call = request(url, { agent, method, headers, signal });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  call.end(body);
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    tookMs: (await busyMs()) - beforeMs,
  };
}

const limitMs = 50;

/**
 * Posts an offer to an endpoint and ends what came of it. One that took too long is posted again: the event loop has other things
 * to do now and then, for instance to collect garbage, but what is slow by itself is slow every time. The best time of an offer
 * is also the longest that it can have held up the event loop, for all of its handling is in one turn.
 */
async function post(path: string, offer: string): Promise<Asked> {
  let best: Asked | undefined;
  for (let turn = 0; turn < 8 && (best === undefined || best.tookMs >= limitMs); turn++) {
    const asked = await ask('POST', gateway.url(path), offer);
    if (asked.location !== undefined) await ask('DELETE', asked.location);
    expect(asked.status).toBe(best?.status ?? asked.status);
    if (best === undefined || asked.tookMs < best.tookMs) best = asked;
  }
  if (best === undefined) throw new Error('nothing was asked');
  return best;
}

it('refuses every hostile offer for either role with 4xx, at once', async () => {
  for (const [what, offer] of Object.entries(hostileOffers)) {
    for (const path of ['/whip/strange', '/whep/calm']) {
      // An empty POST asks a WHEP server for an offer.
      if (offer === '' && path === '/whep/calm') continue;
      const { status, tookMs } = await post(path, offer);
      expect(status, `${what} at ${path}`).toBeGreaterThanOrEqual(400);
      expect(status, `${what} at ${path}`).toBeLessThan(500);
      expect(tookMs, `${what} at ${path}`).toBeLessThan(limitMs);
    }
  }
});

it('answers 2,000 mutated offers or refuses them with 4xx, each of them soon', async () => {
  const random = noise(20_261_121);
  const statuses = new Map<number, number>();
  for (let round = 0; round < 2_000; round++) {
    const offer = mutatedOffer(random, round);
    const { status, tookMs } = await post(round % 2 === 0 ? '/whip/strange' : '/whep/calm', offer);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    expect(status === 201 || (status >= 400 && status < 500), `${status} for\n${offer}`).toBe(true);
    expect(tookMs, offer).toBeLessThan(limitMs);
  }
  const told = JSON.stringify([...statuses]);
  expect(statuses.get(201) ?? 0, told).toBeGreaterThan(100);
  expect(statuses.get(400) ?? 0, told).toBeGreaterThan(100);
  expect((await gateway.stream('calm'))?.live).toBe(true);
  expect(publisher.connection).toBe('connected');
});
