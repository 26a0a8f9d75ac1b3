import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import type { Snapshot } from '#src/core/status.ts';
import { httpConfig } from '#src/http/config.ts';
import { openDoors } from '#src/auth/open.ts';
import { type HttpDeps, type HttpServer, openHttpServer } from '#src/http/server.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

const { deps } = sessionRig();
const config = httpConfig.parse({
  port: 0,
  address: '127.0.0.1',
  iceServers: [{ url: 'stun:stun.example.org' }],
});
let server: HttpServer;
let base: string;

const doors: HttpDeps = {
  sessions: deps,
  access: openDoors(),
  snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
  readiness: () => ({ ready: true, problems: ['no FFmpeg'] }),
  metrics: () => Promise.resolve({ type: 'text/plain', text: 'x 1\n' }),
  hls: { handle: () => false },
  config: () => config,
  log: silentLog,
};

beforeAll(async () => {
  server = await openHttpServer(doors);
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server[Symbol.asyncDispose]());

const offer = (body = 'good', type = 'application/sdp'): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': type },
  body,
});

test('POST answers 201 with everything a client needs', async () => {
  const response = await fetch(`${base}/whip/a`, offer());
  expect(response.status).toBe(201);
  expect(response.headers.get('location')).toMatch(new RegExp(`^${base}/whip/a/[A-Za-z0-9_-]{22}$`));
  expect(response.headers.get('etag')).toBe('"1"');
  expect(response.headers.get('content-type')).toMatch(/^application\/sdp/);
  expect(response.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
  expect(response.headers.get('link')).toMatch(/^<stun:stun\.example\.org>; rel="ice-server"(, |$)/);
  expect(response.headers.get('access-control-expose-headers')).toContain('Location');
  expect(await response.text()).toBe('v=0\r\n');
});

interface Refusal {
  readonly what: string;
  readonly path: string;
  readonly init: RequestInit;
  readonly status: number;
  readonly code: string;
}

test.each<Refusal>([
  { what: 'bad name', path: '/whip/..%2f', init: offer(), status: 400, code: 'bad-stream-id' },
  { what: 'broken escape', path: '/whip/%ff', init: offer(), status: 400, code: 'bad-url' },
  {
    what: 'wrong type',
    path: '/whip/a',
    init: offer('x', 'text/plain'),
    status: 415,
    code: 'wrong-media-type',
  },
  { what: 'empty body', path: '/whip/a', init: offer(''), status: 400, code: 'empty-body' },
  { what: 'too large', path: '/whip/a', init: offer('x'.repeat(70_000)), status: 413, code: 'sdp-too-large' },
  { what: 'refused offer', path: '/whip/a', init: offer('bad'), status: 400, code: 'bad-sdp' },
  { what: 'no publisher', path: '/whep/nobody', init: offer(), status: 409, code: 'no-publisher' },
  {
    what: 'unknown session',
    path: '/whep/a/AAAAAAAAAAAAAAAAAAAAAA',
    init: { method: 'DELETE' },
    status: 404,
    code: 'session-not-found',
  },
  { what: 'PUT', path: '/whip/a', init: { method: 'PUT' }, status: 405, code: 'method-not-allowed' },
  {
    what: 'POST on a session',
    path: '/whip/a/AAAAAAAAAAAAAAAAAAAAAA',
    init: offer(),
    status: 405,
    code: 'method-not-allowed',
  },
  { what: 'unknown stream', path: '/join/nobody', init: {}, status: 404, code: 'stream-not-found' },
  { what: 'bad wish', path: '/join/a?want=popcorn', init: {}, status: 400, code: 'bad-query' },
  { what: 'nothing there', path: '/nothing', init: {}, status: 404, code: 'not-found' },
])('$what is refused with a clear code', async ({ path, init, status, code }) => {
  const response = await fetch(base + path, init);
  const problem = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect([response.status, problem['status'], problem['code']]).toEqual([status, status, code]);
  expect(problem['error']).toBe(problem['detail']);
  expect(String(problem['detail']).length).toBeGreaterThan(15);
});

test('405 names what works, 409 says when to come back', async () => {
  expect((await fetch(`${base}/whip/a`, { method: 'PUT' })).headers.get('allow')).toBe(
    'OPTIONS, GET, HEAD, POST',
  );
  expect((await fetch(`${base}/whep/nobody`, offer())).headers.get('retry-after')).toBe('2');
});

test('a preflight is answered without links, a plain OPTIONS with them', async () => {
  const preflight = await fetch(`${base}/whip/a`, {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'POST', Origin: 'https://elsewhere.example' },
  });
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get('link')).toBeNull();
  expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  const plain = await fetch(`${base}/whip/a`, { method: 'OPTIONS' });
  expect([plain.status, plain.headers.get('accept-post')]).toEqual([200, 'application/sdp']);
  expect(plain.headers.get('link')).toContain('rel="ice-server"');
});

test('GET has no content; HEAD tells a WHEP URL from others', async () => {
  expect((await fetch(`${base}/whip/a`)).status).toBe(204);
  const head = await fetch(`${base}/whep/a`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')?.split(';')[0]]).toEqual([200, 'application/sdp']);
});

test('a session is patched and deleted by its URL', async () => {
  const { headers } = await fetch(`${base}/whip/b`, offer());
  const session = headers.get('location') ?? '';
  const patch = (type: string): Promise<Response> =>
    fetch(session, { method: 'PATCH', headers: { 'Content-Type': type }, body: 'a=x' });
  expect((await patch('application/trickle-ice-sdpfrag')).status).toBe(204);
  expect((await patch('application/sdp')).status).toBe(422);
  expect((await patch('text/plain')).status).toBe(415);
  expect((await fetch(session, { method: 'DELETE' })).status).toBe(200);
  expect((await fetch(session, { method: 'DELETE' })).status).toBe(200);
  expect((await patch('application/trickle-ice-sdpfrag')).status).toBe(404);
});

test('health is three URLs', async () => {
  expect((await fetch(`${base}/livez`)).status).toBe(200);
  expect(await (await fetch(`${base}/readyz`)).json()).toEqual({
    status: 'degraded',
    problems: ['no FFmpeg'],
  });
  expect(await (await fetch(`${base}/metrics`)).text()).toBe('x 1\n');
});

test('pages and their scripts are served, the latter without types', async () => {
  for (const path of ['/', '/watch/a', '/publish', '/publish/a', '/dashboard']) {
    const page = await fetch(base + path);
    expect([path, page.status, page.headers.get('content-security-policy')?.slice(0, 18)]).toEqual([
      path,
      200,
      "default-src 'self'",
    ]);
  }
  const script = await fetch(`${base}/assets/shared/whep-client.ts`);
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(await script.text()).not.toContain('readonly url: string');
  expect((await fetch(`${base}/vendor/hls.mjs`)).status).toBe(200);
  expect((await fetch(`${base}/assets/..%2fpackage.json`)).status).toBe(404);
});

test('a CDN in front of LL-HLS is named to viewers and allowed to their pages', async () => {
  const cdn = 'https://cdn.example.org';
  const settings = httpConfig.parse({ port: 0, address: '127.0.0.1', hlsBaseUrl: `${cdn}/` });
  await using other = await openHttpServer({ ...doors, config: () => settings });
  await fetch(`${base}/whip/c`, offer());
  const at = `http://127.0.0.1:${other.port}`;
  const answer = (await (await fetch(`${at}/join/c`)).json()) as Record<string, unknown>;
  expect(answer).toMatchObject({ hls: `${cdn}/hls/c/index.m3u8`, whep: `${at}/whep/c` });
  expect((await fetch(`${at}/watch/c`)).headers.get('content-security-policy')).toContain(
    `connect-src 'self' ${cdn}`,
  );
});
