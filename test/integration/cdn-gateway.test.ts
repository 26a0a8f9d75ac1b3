import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, exchange } from '#test/kit/hls-http.ts';
import { bearer } from '#test/kit/token-client.ts';
import { until } from '#test/kit/wait.ts';
import { GuardedGateway } from './access-kit.ts';

interface Joined {
  readonly hls: string;
  readonly hlsPass?: { readonly url: string; readonly expiresAt: string };
}

const life = new AsyncDisposableStack();
let demo: GuardedGateway;
let token: string;
let joined: Joined;
let setCookie: readonly string[];

const join = (shown: string): Promise<Answer> =>
  exchange(demo.url('/join/studio-demo?want=broadcast'), { headers: bearer(shown) });

beforeAll(async () => {
  const more = [
    'demo: { stream: studio-demo, videoBitrateBps: 500000 }',
    'http: { joinsPerAddress: 40, trustedProxies: 1 }',
  ];
  demo = life.use(await GuardedGateway.start({ more }, ['--demo']));
  ({ token } = await demo.mint({ stream: 'studio-demo', action: 'play', expiresInS: 240 }));
  const answer = await until(
    'the demo is broadcast',
    async () => {
      const found = await exchange(demo.url('/hls/studio-demo/index.m3u8'), { headers: bearer(token) });
      return found.status === 200 ? join(token) : undefined;
    },
    { timeoutMs: 60_000, everyMs: 500 },
  );
  joined = JSON.parse(answer.body.toString()) as Joined;
  setCookie = answer.headers['set-cookie'] ?? [];
});
afterAll(() => life.disposeAsync());

describe('who may watch LL-HLS', () => {
  it('gets a URL that needs no header, down to the media', async () => {
    const master = await exchange(joined.hlsPass?.url ?? '');
    expect([master.status, master.headers['cache-control'], master.headers['set-cookie']]).toEqual([
      200,
      'max-age=2',
      undefined,
    ]);
    const playlist = new URL(/^[\w-]+\/v\d+\.m3u8$/m.exec(master.body.toString())?.[0] ?? '', master.url);
    const media = await exchange(playlist.href);
    expect([media.status, media.headers['vary']]).toEqual([200, 'Accept-Encoding']);
    const init = new URL(/EXT-X-MAP:URI="([^"]+)"/.exec(media.body.toString())?.[1] ?? '', playlist);
    expect(init.pathname).toMatch(/^\/hls\/t\/[^/]+\/studio-demo\//);
    const file = await exchange(init.href);
    expect([file.status, file.headers['cache-control']?.startsWith('public, max-age=')]).toEqual([200, true]);
    const leftMs = Date.parse(joined.hlsPass?.expiresAt ?? '') - Date.now();
    expect(leftMs).toBeGreaterThan(400_000);
  });

  it('gets a cookie for that stream alone, which opens it', async () => {
    expect(setCookie).toHaveLength(1);
    const [pair = '', ...attributes] = (setCookie[0] ?? '').split('; ');
    expect(attributes).toEqual(expect.arrayContaining(['Path=/hls/studio-demo', 'HttpOnly', 'SameSite=Lax']));
    const opened = await exchange(joined.hls, { headers: { Cookie: pair } });
    expect([opened.status, opened.headers['cache-control']]).toEqual([200, 'private, max-age=2']);
    const elsewhere = await exchange(demo.url('/hls/studio-other/index.m3u8'), { headers: { Cookie: pair } });
    expect([elsewhere.status, elsewhere.headers['cache-control']]).toEqual([403, 'no-store']);
  });

  it('gets it with a token that was made for somebody, too', async () => {
    const wish = { stream: 'studio-demo', action: 'play', expiresInS: 60 };
    const made = (await demo.mint(wish)) as unknown as Joined;
    expect((await exchange(made.hlsPass?.url ?? '')).status).toBe(200);
    for (const other of [{ tier: 'interactive' }, { stream: 'studio-*' }, { action: 'publish' }])
      expect(await demo.mint({ ...wish, ...other })).not.toHaveProperty('hlsPass');
  });

  it('and who guesses is made slow, by the address that the proxy in front tells', async () => {
    const guess = async (from: string, shown: Record<string, string>): Promise<number> =>
      (await exchange(joined.hls, { headers: { 'X-Forwarded-For': from, ...shown } })).status;
    const statuses = [];
    for (let round = 0; round < 12; round++)
      statuses.push(
        await guess('203.0.113.5', round % 2 === 0 ? bearer('guess') : { Cookie: 'frontrow=guess' }),
      );
    expect(new Set(statuses)).toEqual(new Set([401, 403, 429]));
    expect(await guess('203.0.113.6', bearer('guess'))).toBe(401);
    expect(demo.gateway.logs.join('\n')).not.toContain(joined.hlsPass?.url.split('/')[5]);
  });
});
