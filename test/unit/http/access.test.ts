import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessRequest, type Authorizer, type Grant, openGrant } from '#src/core/access.ts';
import type { TokenDesk } from '#src/core/token-desk.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import type { Snapshot } from '#src/core/status.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpServer, openHttpServer } from '#src/http/server.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

/** Takes the token `good`; `half` is for somebody else. Writes down what it was asked. */
class FakeAccess implements Authorizer, TokenDesk {
  readonly open = false;
  readonly closed = new Promise<never>(() => undefined);
  readonly asked: AccessRequest[] = [];
  readonly revoked: string[] = [];
  readonly #listeners = new Set<(isRevoked: (grant: Grant) => boolean) => void>();

  async authorize(request: AccessRequest): Promise<Grant> {
    this.asked.push(request);
    await Promise.resolve();
    const { token, action } = request;
    if (token === 'half') throw new Failure('forbidden', 'not-allowed', 'not for that');
    if (token !== 'good') throw new Failure('unauthorized', 'token-missing', 'send one');
    return { ...openGrant(action), credential: 'key:good' };
  }
  holds(): Promise<boolean> {
    return Promise.resolve(true);
  }
  onRevoked(listener: (isRevoked: (grant: Grant) => boolean) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
  mint(): ReturnType<TokenDesk['mint']> {
    return Promise.resolve({ token: 'a.b.c', jti: 'j', expiresAtMs: 1_800_000_000_000 });
  }
  revoke(jti: string): ReturnType<TokenDesk['revoke']> {
    this.revoked.push(jti);
    for (const listener of this.#listeners) listener(() => true);
    return Promise.resolve({ untilMs: 1_800_000_000_000, survivesRestart: true });
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

const access = new FakeAccess();
const config = httpConfig.parse({ port: 0, iceServers: [{ url: 'stun:stun.example.org' }] });
let server: HttpServer;
let base: string;

beforeAll(async () => {
  server = await openHttpServer({
    sessions: sessionRig().deps,
    access,
    tokens: access,
    snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
    readiness: () => ({ ready: true, problems: [] }),
    metrics: () => Promise.resolve({ type: 'text/plain', text: 'x 1\n' }),
    hls: { handle: () => false },
    config: () => config,
    log: silentLog,
  });
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server[Symbol.asyncDispose]());

const call = (path: string, method = 'GET', token?: string, body?: object): Promise<Response> =>
  fetch(base + path, {
    method,
    headers: {
      'User-Agent': 'me',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

describe('what is asked of the authorizer', () => {
  test.each([
    ['/join/a', { action: 'view', stream: 'a', tier: undefined }],
    ['/api/streams', { action: 'operate', stream: undefined, tier: undefined }],
    ['/api/streams/a', { action: 'operate', stream: 'a' }],
    ['/metrics', { action: 'operate', stream: undefined }],
  ])('by GET %s', async (path, expected) => {
    await call(path, 'GET', 'good');
    expect(access.asked.at(-1)).toMatchObject({
      ...expected,
      token: 'good',
      address: '127.0.0.1',
      userAgent: 'me',
    });
  });

  test.each([
    ['/whip/a', { action: 'publish', stream: 'a', tier: undefined }],
    ['/whep/a', { action: 'view', stream: 'a', tier: 'interactive' }],
  ])('by POST %s', async (path, expected) => {
    const headers = { 'Content-Type': 'application/sdp' };
    const refused = await fetch(base + path, { method: 'POST', headers, body: 'good' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="frontrow"',
    ]);
    expect(access.asked.at(-1)).toMatchObject({ ...expected, token: undefined });
  });
});

describe('plain OPTIONS', () => {
  test.each([
    ['nobody', undefined, null],
    ['somebody for something else', 'half', null],
    ['who is let in', 'good', '<stun:stun.example.org>; rel="ice-server"'],
  ])('by %s', async (_who, token, link) => {
    const answer = await call('/whep/a', 'OPTIONS', token);
    expect([answer.status, answer.headers.get('link')]).toEqual([200, link]);
    expect(answer.headers.get('accept-post')).toContain('application/sdp');
  });

  test('with a token in the query', async () => {
    expect((await call('/whep/a?token=good', 'OPTIONS')).status).toBe(200);
  });
});

describe('the tokens of the API', () => {
  test('come with where they are good; the pages get them behind #', async () => {
    const made = async (wish: object): Promise<unknown> => {
      const answer = await call('/api/tokens', 'POST', 'good', { stream: 'a', expiresInS: 60, ...wish });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
      return answer.json();
    };
    const watch = `${base}/watch/a#token=a.b.c`;
    expect(await made({ action: 'play' })).toEqual({
      token: 'a.b.c',
      jti: 'j',
      expiresAt: '2027-01-15T08:00:00.000Z',
      urls: { whep: `${base}/whep/a`, hls: `${base}/hls/a/index.m3u8`, watch },
    });
    expect(await made({ action: 'play', tier: 'broadcast' })).toMatchObject({
      urls: { hls: `${base}/hls/a/index.m3u8`, watch },
    });
    expect(await made({ action: 'publish' })).toMatchObject({
      urls: { whip: `${base}/whip/a`, publish: `${base}/publish/a#token=a.b.c` },
    });
    expect(await made({ action: 'play', stream: 'a*' })).toMatchObject({ urls: {} });
  });

  test.each<[string, RequestInit, number, string]>([
    ['a form', { method: 'POST', body: new URLSearchParams({ a: '1' }) }, 415, 'wrong-media-type'],
    [
      'half a JSON',
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' },
      400,
      'bad-token-request',
    ],
    ['GET', {}, 405, 'method-not-allowed'],
  ])('%s is refused', async (_what, init, status, code) => {
    const headers = { ...(init.headers as Record<string, string> | undefined), Authorization: 'Bearer good' };
    const answer = await fetch(`${base}/api/tokens`, { ...init, headers });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  test('are revoked by name, which ends event streams too', async () => {
    const events = await call('/api/events', 'GET', 'good');
    const ended = events.text();
    const answer = await call('/api/tokens/some:name', 'DELETE', 'good');
    expect(await answer.json()).toEqual({
      jti: 'some:name',
      rememberedUntil: '2027-01-15T08:00:00.000Z',
      survivesRestart: true,
    });
    expect(access.revoked).toEqual(['some:name']);
    expect(await ended).toContain('snapshot');
    expect((await call(`/api/tokens/${'x'.repeat(201)}`, 'DELETE', 'good')).status).toBe(400);
    expect((await call('/api/tokens/a', 'DELETE')).status).toBe(401);
  });
});
