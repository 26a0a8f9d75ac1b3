import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';
import { type InteropRig, openInteropRig, untilWatched } from '#test/kit/interop-rig.ts';
import type {
  BrowserPublisher,
  BrowserViewer,
  ClientExchange,
  InteropPage,
} from '#test/kit/interop-types.ts';

const toneHz = 440;
const token = 'key-of-the-clients';
const operatorKey = 'key-of-the-operator';
const life = new AsyncDisposableStack();
let rig: InteropRig;

/** Everybody is asked for a key. */
function settings(): string {
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
  return [
    'auth:',
    '  streamKeys:',
    `    - { name: clients, sha256: ${hashOf(token)}, allow: [publish, view] }`,
    '  operateKeys:',
    `    - { name: operator, sha256: ${hashOf(operatorKey)} }`,
    '',
  ].join('\n');
}

beforeAll(async () => {
  // medooze's client and its copy join the candidates of an ICE restart with commas, so they stand only one.
  const env = { FRONTROW_RTC__ADDRESSES: '127.0.0.1', FRONTROW_RTC__TCP_PORT: 'off' };
  rig = life.use(await openInteropRig({ env, config: settings(), operatorKey }));
});
afterAll(() => life.disposeAsync());

/** A stream from one client to another. */
interface Showing extends AsyncDisposable {
  readonly publisher: InteropPage;
  readonly viewer: InteropPage;
  /** Lets both end and gives what each of them said to the server. */
  end(): Promise<{ readonly whip: readonly ClientExchange[]; readonly whep: readonly ClientExchange[] }>;
}

async function show(stream: string, from: BrowserPublisher, to: BrowserViewer): Promise<Showing> {
  await using opened = new AsyncDisposableStack();
  const publisher = opened.use(await rig.chromium());
  const viewer = opened.use(await rig.chromium());
  const whip = rig.gateway.url(`/whip/${stream}`);
  await publisher.call('publish', { client: from, url: whip, toneHz, token });
  await rig.untilLive(stream);
  await viewer.call('watch', { client: to, url: rig.gateway.url(`/whep/${stream}`), token });
  await untilWatched(viewer, { toneHz });
  const pages = opened.move();
  return {
    publisher,
    viewer,
    async end() {
      await Promise.all([publisher.call('stop'), viewer.call('stop')]);
      const [whip, whep] = await Promise.all([publisher.call('exchanges'), viewer.call('exchanges')]);
      return { whip, whep };
    },
    [Symbol.asyncDispose]: () => pages.disposeAsync(),
  };
}

const of = (all: readonly ClientExchange[], method: string): readonly ClientExchange[] =>
  all.filter((one) => one.method === method);

/** POST 201, PATCH 204 or (a restart) 200, DELETE and OPTIONS 200: nothing was refused. */
function expectAccepted(all: readonly ClientExchange[]): void {
  const wanted: Record<string, readonly number[]> = {
    OPTIONS: [200],
    POST: [201],
    PATCH: [200, 204],
    DELETE: [200],
  };
  for (const one of all) expect(wanted[one.method], JSON.stringify(one)).toContain(one.status);
  expect(offers(all).length).toBeGreaterThan(0);
  expect(of(all, 'DELETE')).toHaveLength(offers(all).length);
}

/** POSTs to a session open its extensions. */
function offers(all: readonly ClientExchange[]): readonly ClientExchange[] {
  return of(all, 'POST').filter(({ session }) => !session);
}

const layer = { codec: 'h264', seconds: 4, keyframeSeconds: 1 } as const;

/** An event whose data tells of the rids 0 and 1. */
function namesBoth(message: string): boolean {
  return ['"0"', '"1"'].every(
    (rid) => message.includes(`"rid":${rid}`) || message.includes(`"encodingId":${rid}`),
  );
}

describe('clients of npm in Chromium', () => {
  it('@eyevinn/whip-web-client publishes, @eyevinn/webrtc-player watches', async () => {
    await using showing = await show('eyevinn', '@eyevinn/whip-web-client', '@eyevinn/webrtc-player');
    const { whip, whep } = await showing.end();
    expectAccepted(whip);
    expectAccepted(whep);
    // It asks first whether PATCH is allowed, and names the entity tag in the wrong header.
    expect(whip[0]?.method).toBe('OPTIONS');
    const patches = of(whip, 'PATCH');
    expect(patches.length).toBeGreaterThan(0);
    for (const { headers } of patches) {
      expect(headers).toMatchObject({ etag: expect.stringMatching(/^".+"$/) as string });
      expect(headers).not.toHaveProperty('if-match');
    }
    // The player gathers before it offers and never trickles.
    expect(of(whep, 'PATCH')).toEqual([]);
    // It sends its key without a scheme.
    expect(offers(whep)[0]?.headers['authorization']).toBe(token);
  });

  it.each(['whip-whep', '@binbat/whip-whep'] as const)(
    '%s publishes and watches, and restarts ICE on both sides',
    async (client) => {
      await using showing = await show(client.replaceAll(/\W/g, ''), client, client);
      await showing.publisher.call('restartIce');
      await showing.viewer.call('restartIce');
      const { framesRead } = await showing.viewer.call('report');
      await untilWatched(showing.viewer, { toneHz, framesRead: framesRead + 20 });
      const { whip, whep } = await showing.end();
      expectAccepted(whip);
      expectAccepted(whep);
      // As a viewer it reads the entity tag only of a restart, so its trickling before has no If-Match.
      const patches = of(whep, 'PATCH');
      const trickled = patches.slice(
        0,
        patches.findIndex(({ status }) => status === 200),
      );
      expect(trickled.length).toBeGreaterThan(0);
      for (const { headers } of trickled) expect(headers).not.toHaveProperty('if-match');
      for (const all of [whip, whep]) {
        const restarts = of(all, 'PATCH').filter(({ status }) => status === 200);
        expect(restarts.map(({ headers }) => headers['if-match'])).toEqual(['*']);
      }
    },
  );

  it('whip-whep hears of layers by events and chooses one of them', async () => {
    const [large, small] = await Promise.all([
      makeRecording({ ...layer, width: 640, height: 360, bitrateBps: 800_000 }),
      makeRecording({ ...layer, width: 320, height: 180, bitrateBps: 300_000 }),
    ]);
    const whipUrl = rig.gateway.url('/whip/layers');
    await using obs = await ObsPublisher.open({ whipUrl, token, recording: large, layers: [small] });
    await rig.untilLive('layers');
    await using viewer = await rig.chromium();
    // It hears untyped events only.
    const url = rig.gateway.url('/whep/layers?untyped=1');
    await viewer.call('watch', { client: 'whip-whep', url, token });
    await until('it plays the large layer', async () => (await viewer.call('report')).width === 640, {
      timeoutMs: 30_000,
    });
    await until('it hears of both layers', async () => (await viewer.call('messages')).some(namesBoth), {
      timeoutMs: 20_000,
      detail: () => viewer.complaints,
    });
    await viewer.call('selectLayer', { rid: '1' });
    await until('it plays the small layer', async () => (await viewer.call('report')).width === 320, {
      timeoutMs: 20_000,
    });
    await viewer.call('selectLayer', undefined);
    await until('it plays the large one again', async () => (await viewer.call('report')).width === 640, {
      timeoutMs: 20_000,
    });
    expect(obs.connection).toBe('connected');
  });

  it('the exchange of MediaMTX: OPTIONS, exactly 201 and 204, If-Match: *, a data channel in the offer', async () => {
    await using showing = await show('mediamtx', 'mediamtx', 'mediamtx');
    const { whip, whep } = await showing.end();
    expectAccepted(whip);
    expectAccepted(whep);
    for (const all of [whip, whep]) {
      expect(all[0]).toMatchObject({ method: 'OPTIONS', status: 200 });
      expect(of(all, 'PATCH').length).toBeGreaterThan(0);
      for (const patch of of(all, 'PATCH')) {
        expect(patch).toMatchObject({ status: 204, headers: { 'if-match': '*' } });
        expect(patch.headers).not.toHaveProperty('authorization');
      }
    }
    expect(offers(whep)[0]?.sections).toEqual(['video', 'audio', 'application']);
  });

  it("our own client publishes for others' players", async () => {
    await using showing = await show('own', 'frontrow', 'whip-whep');
    const { whip, whep } = await showing.end();
    expectAccepted(whip);
    expectAccepted(whep);
  });
});
