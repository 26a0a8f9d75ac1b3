import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type InteropRig, openInteropRig, untilWatched } from '#test/kit/interop-rig.ts';
import type {
  BrowserPublisher,
  BrowserViewer,
  ClientExchange,
  InteropPage,
} from '#test/kit/interop-types.ts';

const toneHz = 440;
const token = 'interop-token';
let rig: InteropRig;

beforeAll(async () => {
  // One address: medooze's client and its copy join the candidates of an ICE restart with commas, so they stand only one.
  rig = await openInteropRig({ env: { FRONTROW_RTC__ADDRESSES: '127.0.0.1' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

/** A stream from one client to another. */
interface Showing {
  readonly publisher: InteropPage;
  readonly viewer: InteropPage;
  /** Lets both end and gives what each of them said to the server. */
  end(): Promise<{ readonly whip: readonly ClientExchange[]; readonly whep: readonly ClientExchange[] }>;
}

async function show(stream: string, from: BrowserPublisher, to: BrowserViewer): Promise<Showing> {
  const [publisher, viewer] = [await rig.chromium(), await rig.chromium()];
  const whip = rig.gateway.url(`/whip/${stream}`);
  await publisher.call('publish', { client: from, url: whip, toneHz, token });
  await rig.untilLive(stream);
  // This player sends its key as it is.
  const key = to === '@eyevinn/webrtc-player' ? `Bearer ${token}` : token;
  await viewer.call('watch', { client: to, url: rig.gateway.url(`/whep/${stream}`), token: key });
  await untilWatched(viewer, { toneHz });
  return {
    publisher,
    viewer,
    async end() {
      await Promise.all([publisher.call('stop'), viewer.call('stop')]);
      const [whip, whep] = await Promise.all([publisher.call('exchanges'), viewer.call('exchanges')]);
      await Promise.all([publisher, viewer].map((page) => page[Symbol.asyncDispose]()));
      return { whip, whep };
    },
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
  expect(of(all, 'POST')).toHaveLength(1);
  expect(of(all, 'DELETE')).toHaveLength(1);
}

describe('clients of npm in Chromium', () => {
  it('@eyevinn/whip-web-client publishes, @eyevinn/webrtc-player watches', async () => {
    const showing = await show('eyevinn', '@eyevinn/whip-web-client', '@eyevinn/webrtc-player');
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
    expect(of(whep, 'DELETE')[0]?.headers['authorization']).toBe(`Bearer ${token}`);
  });

  it.each(['whip-whep', '@binbat/whip-whep'] as const)(
    '%s publishes and watches, and restarts ICE on both sides',
    async (client) => {
      const showing = await show(client.replaceAll(/\W/g, ''), client, client);
      await showing.publisher.call('restartIce');
      await showing.viewer.call('restartIce');
      const { framesRead } = await showing.viewer.call('report');
      await untilWatched(showing.viewer, { toneHz, framesRead: framesRead + 20 });
      const { whip, whep } = await showing.end();
      expectAccepted(whip);
      expectAccepted(whep);
      // As a viewer it reads the entity tag only of a restart, so its trickling before has no If-Match.
      const trickled = whep.slice(
        1,
        whep.findIndex(({ method, status }) => method === 'PATCH' && status === 200),
      );
      expect(trickled.length).toBeGreaterThan(0);
      for (const { headers } of trickled) expect(headers).not.toHaveProperty('if-match');
      for (const all of [whip, whep]) {
        const restarts = of(all, 'PATCH').filter(({ status }) => status === 200);
        expect(restarts.map(({ headers }) => headers['if-match'])).toEqual(['*']);
      }
    },
  );

  it('the exchange of MediaMTX: OPTIONS, exactly 201 and 204, If-Match: *, a data channel in the offer', async () => {
    const showing = await show('mediamtx', 'mediamtx', 'mediamtx');
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
    expect(of(whep, 'POST')[0]?.sections).toEqual(['video', 'audio', 'application']);
  });

  it("our own client publishes for others' players", async () => {
    const showing = await show('own', 'frontrow', 'whip-whep');
    const { whip, whep } = await showing.end();
    expectAccepted(whip);
    expectAccepted(whep);
  });
});
