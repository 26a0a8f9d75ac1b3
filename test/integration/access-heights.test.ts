import { isDeepStrictEqual } from 'node:util';

import { SignJWT } from 'jose';
import { cleanup } from 'node-datachannel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BridgeReport } from '#src/core/cmaf.ts';
import { type Answer, codeOf, exchange } from '#test/kit/hls-http.ts';
import { problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { bearer } from '#test/kit/token-client.ts';
import { until } from '#test/kit/wait.ts';
import { GuardedGateway, keys, secret } from './access-kit.ts';

interface Joined {
  readonly hls: string;
  readonly hlsPass?: { readonly url: string };
}
interface StreamFacts {
  readonly bridge: BridgeReport | null;
  readonly hls: { readonly ready: boolean } | null;
}

const patience = { timeoutMs: 60_000, everyMs: 500 } as const;

const life = new AsyncDisposableStack();
let guarded: GuardedGateway;
let recording: Recording;

beforeAll(async () => {
  life.defer(cleanup);
  guarded = life.use(await GuardedGateway.start());
  const size = { width: 640, height: 360, bitrateBps: 600_000 };
  recording = await makeRecording({ codec: 'h264', ...size, seconds: 2, keyframeSeconds: 1 });
}, 120_000);
afterAll(() => life.disposeAsync());

const factsOf = async (): Promise<StreamFacts> =>
  JSON.parse((await guarded.ask('/api/streams/studio', 'GET', keys.operator)).body) as StreamFacts;

async function publish(ladder: string): Promise<ObsPublisher> {
  const { token } = await guarded.mint({ stream: 'studio', action: 'publish', expiresInS: 600, ladder });
  return ObsPublisher.open({ whipUrl: guarded.url('/whip/studio'), recording, token });
}

/** A viewer with a token, and what it was told. */
async function viewer(maxHeight?: number): Promise<{ readonly token: string; readonly joined: Joined }> {
  const wish = { stream: 'studio', action: 'play', expiresInS: 240 };
  const { token } = await guarded.mint({ ...wish, ...(maxHeight !== undefined && { maxHeight }) });
  const { body } = await guarded.ask('/join/studio?want=broadcast', 'GET', token);
  return { token, joined: JSON.parse(body) as Joined };
}

const get = (url: string, token?: string): Promise<Answer> => exchange(url, { headers: bearer(token) });
const sizesAt = async (url: string, token?: string): Promise<readonly string[]> => {
  const text = (await get(url, token)).body.toString();
  return [...text.matchAll(/EXT-X-STREAM-INF:.*RESOLUTION=(\w+)/g)].map(([, size = '']) => size);
};

describe('tokens of a publisher and of its viewers', () => {
  it('choose the ladder, and the height of what each of them gets', async () => {
    await using first = await publish('ladder-2');
    const running = await until(
      'both qualities are there',
      async () => {
        const facts = await factsOf();
        return facts.hls?.ready && facts.bridge?.ladder?.rungs.length === 1 ? facts : undefined;
      },
      patience,
    );
    expect(running.bridge?.ladder?.name).toBe('ladder-2');
    const [whole, small] = [await viewer(), await viewer(300)];
    expect(whole.joined.hls).toBe(guarded.url('/hls/studio/index.m3u8'));
    const all = ['640x360', '320x180'];
    await until(
      'both are listed',
      async () => isDeepStrictEqual(await sizesAt(whole.joined.hls, whole.token), all),
      patience,
    );

    // By its token, by its pass, and where everything is: one quality.
    const plain = guarded.url('/hls/studio/index.m3u8');
    const pass = small.joined.hlsPass?.url ?? '';
    expect(small.joined.hls).toBe(guarded.url('/hls/studio~288/index.m3u8'));
    expect(pass).toMatch(/\/hls\/t\/[^/]+\/studio~288\/index\.m3u8$/);
    expect(await sizesAt(small.joined.hls, small.token)).toEqual(['320x180']);
    expect(await sizesAt(pass)).toEqual(['320x180']);
    expect(await sizesAt(plain, small.token)).toEqual(['320x180']);
    const mpd = await until(
      'there is a manifest',
      async () => {
        const answer = await get(new URL('manifest.mpd', pass).href);
        return answer.status === 200 ? answer.body.toString() : undefined;
      },
      patience,
    );
    expect([...mpd.matchAll(/ height="(\d+)"/g)].map(([, height]) => height)).toEqual(['180']);

    // What is above is refused, whichever way it is asked for.
    const [, incarnation = ''] = /^([\w-]+)\/v1\.m3u8$/m.exec((await get(pass)).body.toString()) ?? [];
    for (const file of ['v0.m3u8', 'v0_e1.mp4', 'v0_e1_s1.m4s', 'v0i.m3u8']) {
      const path = `${incarnation}/${file}`;
      for (const refused of [
        await get(new URL(path, pass).href),
        await get(new URL(path, small.joined.hls).href, small.token),
        await get(new URL(path, plain).href, small.token),
      ])
        expect([refused.status, codeOf(refused)]).toEqual([403, 'height-not-granted']);
      const elsewhere = await get(new URL(path, pass.replace('studio~288', 'studio')).href);
      expect([elsewhere.status, codeOf(elsewhere)]).toEqual([403, 'pass-invalid']);
    }
    expect((await get(new URL(`${incarnation}/v1.m3u8`, pass).href)).status).toBe(200);
    expect((await get(new URL(`${incarnation}/v0.m3u8`, plain).href, whole.token)).status).toBe(200);

    // Another publisher takes over, with a ladder of its own: the only quality is the smallest.
    await using second = await publish('passthrough');
    await until(
      'the new epoch runs without a rung',
      async () => {
        const { bridge } = await factsOf();
        return bridge?.state === 'running' && bridge.epoch > (running.bridge?.epoch ?? 0) && !bridge.ladder;
      },
      patience,
    );
    await until(
      'viewers of small pictures have what there is',
      async () => (await sizesAt(pass)).join() === '640x360',
      patience,
    );
    await until('the first one is out', () => first.connection !== 'connected', patience);
    expect(second.connection).toBe('connected');
  }, 240_000);

  it('are refused when they name a ladder that there is not', async () => {
    const refusedWish = await guarded.postToken({
      ...{ stream: 'studio', action: 'publish', expiresInS: 60 },
      ladder: 'ladder-9',
    });
    expect([refusedWish.status, problemOf(refusedWish).code]).toEqual([400, 'bad-token-request']);
    expect(refusedWish.body).toContain('ladder-2');
    const token = await new SignJWT({ act: 'publish', stream: 'studio', ladder: 'ladder-9' })
      .setProtectedHeader({ alg: 'HS256', kid: 'here' })
      .setIssuer('frontrow')
      .setAudience('whip')
      .setSubject('bob')
      .setExpirationTime('60s')
      .sign(Buffer.from(secret));
    const refused = await guarded.post('/whip/studio', bearer(token));
    expect([refused.status, problemOf(refused).code]).toEqual([400, 'unknown-ladder']);
    expect(refused.body).toContain('passthrough, ladder-2, ladder-3, ladder-4');
  });
});
