import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { bearer, TokenClient } from '#test/kit/token-client.ts';
import { until } from '#test/kit/wait.ts';
import { GuardedGateway, keys, secret } from './access-kit.ts';

const life = new AsyncDisposableStack();
let guarded: GuardedGateway;
beforeAll(async () => {
  guarded = life.use(await GuardedGateway.start());
});
afterAll(() => life.disposeAsync());

describe('who is let in', () => {
  it.each([
    ['POST', '/whip/studio'],
    ['POST', '/whep/studio'],
    ['GET', '/join/studio'],
    ['GET', '/api/streams'],
    ['GET', '/api/streams/studio'],
    ['GET', '/api/events'],
    ['POST', '/api/tokens'],
    ['DELETE', '/api/tokens/abc'],
    ['GET', '/metrics'],
    ['GET', '/hls/studio/index.m3u8'],
  ])('%s %s needs a token, and says so as RFC 6750 has it', async (method, path) => {
    const answer =
      method === 'POST' && !path.startsWith('/api')
        ? await guarded.post(path, {})
        : await guarded.ask(path, method);
    expect(answer.status).toBe(401);
    expect(problemOf(answer).code).toBe('token-missing');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="frontrow"');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([['/'], ['/watch/studio'], ['/dashboard'], ['/livez'], ['/readyz']])(
    '%s does not',
    async (path) => {
      expect((await guarded.ask(path)).status).toBe(200);
    },
  );

  it.each([
    ['/whip/studio'],
    ['/whep/studio'],
    ['/join/studio'],
    ['/api/streams'],
    ['/hls/studio/index.m3u8'],
  ])('a token in the query of %s is refused with the reason', async (path) => {
    for (const name of ['token', 'access_token', 'jwt']) {
      const url = `${path}?${name}=${keys.studio}`;
      const answer = path.startsWith('/wh') ? await guarded.post(url, {}) : await guarded.ask(url);
      expect([answer.status, problemOf(answer).code]).toEqual([400, 'token-in-query']);
      expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
      expect(answer.body).not.toContain(keys.studio);
    }
  });

  it('a token in the query of a session is refused too, and the session goes on', async () => {
    const opened = await guarded.post('/whip/studio', bearer(keys.studio));
    const session = opened.headers.location ?? '';
    for (const method of ['PATCH', 'DELETE']) {
      const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
      const answer = await exchange(`${session}?token=${keys.studio}`, { method, headers, body: '' });
      expect([answer.status, problemOf(answer).code]).toEqual([400, 'token-in-query']);
    }
    expect((await exchange(session, { method: 'DELETE' })).status).toBe(200);
  });

  it('takes a key with the scheme, without it, and "undefined" for none', async () => {
    for (const authorization of [`Bearer ${keys.studio}`, `bearer ${keys.studio}`, keys.studio]) {
      const answer = await guarded.post('/whip/studio-forms', { Authorization: authorization });
      expect(answer.status).toBe(201);
      await exchange(answer.headers.location ?? '', { method: 'DELETE' });
    }
    for (const authorization of ['Bearer undefined', 'Bearer null', 'undefined', 'Bearer ', 'Basic YTpi']) {
      const answer = await guarded.post('/whip/studio-forms', { Authorization: authorization });
      expect([authorization, answer.status, problemOf(answer).code]).toEqual([
        authorization,
        401,
        'token-missing',
      ]);
    }
  });

  it('tells a wrong key from one for something else', async () => {
    const wrong = await guarded.post('/whip/studio', bearer('guess'));
    expect([wrong.status, problemOf(wrong).code]).toEqual([401, 'token-invalid']);
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"');
    const foreign = await guarded.post('/whip/elsewhere', bearer(keys.studio));
    expect([foreign.status, problemOf(foreign).code]).toEqual([403, 'not-allowed']);
    expect(foreign.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect((await guarded.ask('/api/streams', 'GET', keys.studio)).status).toBe(403);
    expect((await guarded.post('/whep/studio', bearer(keys.studio))).status).toBe(403);
    expect((await guarded.ask('/api/streams', 'GET', keys.operator)).status).toBe(200);
    expect((await guarded.ask('/metrics', 'GET', keys.operator)).status).toBe(200);
  });

  it('answers OPTIONS without a token: the preflight in full, the plain one without Link', async () => {
    for (const path of ['/whip/studio', '/whep/studio', '/api/streams', '/hls/studio/index.m3u8']) {
      const preflight = await exchange(guarded.url(path), {
        method: 'OPTIONS',
        headers: { Origin: 'https://page.example', 'Access-Control-Request-Method': 'POST' },
      });
      expect([200, 204]).toContain(preflight.status);
      expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
    }
    const plain = await guarded.ask('/whip/studio', 'OPTIONS');
    expect([plain.status, plain.headers['accept-post'], plain.headers['link']]).toEqual([
      200,
      'application/sdp',
      undefined,
    ]);
  });

  it('keeps every key and token out of what it writes', async () => {
    await guarded.post('/whip/studio?token=query-secret', {});
    await guarded.post('/whip/studio', bearer('wrong-secret'));
    const { token, jti } = await guarded.mint({ stream: 'studio', action: 'play', expiresInS: 60 });
    const api = await guarded.ask('/api/streams', 'GET', keys.operator);
    expect(api.status).toBe(200);
    // It is written down that the token was made, and what was written before has come, too.
    const { logs } = guarded.gateway;
    await until('the log has come', () => logs.some((line) => line.includes(jti)), { timeoutMs: 10_000 });
    for (const text of [guarded.gateway.logs.join('\n'), api.body])
      for (const word of [...Object.values(keys), 'query-secret', 'wrong-secret', token, secret])
        expect(text).not.toContain(word);
  });
});

describe('tokens', () => {
  it('are made for a backend, with where they are good', async () => {
    const minted = await guarded.mint({
      stream: 'studio',
      action: 'play',
      expiresInS: 120,
      maxHeight: 360,
      subject: 'ann',
    });
    expect(minted.urls).toEqual({
      whep: guarded.url('/whep/studio'),
      hls: guarded.url('/hls/studio~360/index.m3u8'),
      watch: guarded.url(`/watch/studio#token=${minted.token}`),
    });
    const leftMs = Date.parse(minted.expiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan(60_000);
    expect(leftMs).toBeLessThanOrEqual(120_000);
    // It opens the door; behind it is nobody.
    const answer = await guarded.post('/whep/studio', bearer(minted.token));
    expect([answer.status, problemOf(answer).code]).toEqual([409, 'no-publisher']);
    expect((await guarded.post('/whip/studio', bearer(minted.token))).status).toBe(403);
  });

  it.each([
    [{ stream: 'studio', action: 'play', expiresInS: 3_000 }, 400, 'token-lifetime'],
    [{ stream: 'studio', action: 'operate', expiresInS: 60 }, 400, 'bad-token-request'],
    [{ stream: 'a/b', action: 'play', expiresInS: 60 }, 400, 'bad-token-request'],
  ])('%j is refused', async (wish, status, code) => {
    const answer = await guarded.postToken(wish);
    expect([answer.status, problemOf(answer).code]).toEqual([status, code]);
  });

  it('come from the command line, alone on the standard output', async () => {
    const args = ['scripts/token.mjs', '--stream', 'studio', '--operate', '--config', guarded.configFile];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const text of child.stdout.setEncoding('utf8')) printed += String(text);
    expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const token = printed.trim();
    expect((await guarded.ask('/api/streams/studio', 'GET', token)).status).toBe(404);
    expect((await guarded.ask('/api/streams/other', 'GET', token)).status).toBe(403);
    expect((await guarded.ask('/api/streams', 'GET', token)).status).toBe(403);
  });

  it('for one tier open that tier, and GET /join says so', async () => {
    await using publisher = await TokenClient.open({
      url: guarded.url('/whip/studio-tiers'),
      role: 'publisher',
      token: keys.studio,
    });
    expect(publisher.connected).toBe(true);
    const { token } = await guarded.mint({
      stream: 'studio-*',
      action: 'play',
      expiresInS: 60,
      tier: 'broadcast',
    });
    const refused = await guarded.post('/whep/studio-tiers', bearer(token));
    expect([refused.status, problemOf(refused).code]).toEqual([403, 'tier-not-granted']);
    const joined = await guarded.ask('/join/studio-tiers', 'GET', token);
    expect(JSON.parse(joined.body)).toMatchObject({ tier: 'broadcast', reason: 'not-granted' });
    const front = await guarded.mint({
      stream: 'studio-*',
      action: 'play',
      expiresInS: 60,
      tier: 'interactive',
    });
    const hls = await guarded.ask('/hls/studio-tiers/index.m3u8', 'GET', front.token);
    expect([hls.status, problemOf(hls).code]).toEqual([403, 'tier-not-granted']);
    expect((await guarded.post('/whep/studio-tiers', bearer(front.token))).status).toBe(201);
  });
});

describe('other settings', () => {
  it('refuse to listen beyond this machine with open doors', async () => {
    const refused = startGateway({ env: { FRONTROW_HTTP__ADDRESS: '0.0.0.0' } });
    await expect(refused).rejects.toThrow(/FRONTROW_AUTH__ALLOW_OPEN=true/);
    await using open = await startGateway({
      env: { FRONTROW_HTTP__ADDRESS: '0.0.0.0', FRONTROW_AUTH__ALLOW_OPEN: 'true' },
    });
    expect((await exchange(open.url('/api/streams'), { method: 'GET' })).status).toBe(200);
  });

  it('guard LL-HLS, keep it out of shared caches, and let the demo source in', async () => {
    await using demo = await GuardedGateway.start(
      { more: ['demo: { stream: studio-demo, videoBitrateBps: 500000 }'] },
      ['--demo'],
    );
    const { token, jti } = await demo.mint({ stream: 'studio-demo', action: 'play', expiresInS: 240 });
    const get = (path: string, shown?: string): Promise<Exchange> => demo.ask(path, 'GET', shown);
    const master = await until(
      'the demo is broadcast',
      async () => {
        const answer = await get('/hls/studio-demo/index.m3u8', token);
        return answer.status === 200 ? answer : undefined;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
    expect(master.headers['cache-control']).toMatch(/^private, /);
    expect(master.headers['vary']).toContain('Authorization');
    const playlist = /^[\w-]+\/v\d+\.m3u8$/m.exec(master.body)?.[0] ?? '';
    const media = await get(`/hls/studio-demo/${playlist}`, token);
    expect(media.headers['cache-control']).toMatch(/^private, /);
    const init = /EXT-X-MAP:URI="([^"]+)"/.exec(media.body)?.[1] ?? '';
    const initPath = new URL(init, demo.url(`/hls/studio-demo/${playlist}`)).pathname;
    const file = await get(initPath, token);
    expect([file.status, file.headers['cache-control'], file.headers['vary']]).toEqual([
      200,
      'private, max-age=31536000, immutable',
      'Authorization',
    ]);
    for (const path of [`/hls/studio-demo/${playlist}`, initPath]) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, 'guess')).status).toBe(401);
    }
    await demo.ask(`/api/tokens/${jti}`, 'DELETE', keys.operator);
    const revoked = await get(initPath, token);
    expect([revoked.status, problemOf(revoked).code]).toEqual([401, 'token-revoked']);
  });
});
