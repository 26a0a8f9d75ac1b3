import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpConfig } from '#src/http/config.ts';
import { cors } from '#src/http/cors.ts';
import { exchange, type Exchange } from '#test/kit/http-exchange.ts';

const ours = 'https://app.example.org';
let origins: readonly string[] = ['*'];
let server: Server;

beforeAll(async () => {
  const app = express();
  app.use(cors(() => origins));
  app.use((request, response) => void response.status(418).send(request.method));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

function ask(method: string, headers: Record<string, string>, path = '/whep/a'): Promise<Exchange> {
  return exchange(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method, headers });
}
const preflight = (origin: string, more: Record<string, string> = {}): Promise<Exchange> =>
  ask('OPTIONS', { Origin: origin, 'Access-Control-Request-Method': 'POST', ...more });

describe.each([
  { list: ['*'], origin: ours, told: '*' },
  { list: ['*'], origin: 'null', told: '*' },
  { list: [ours], origin: ours, told: ours },
  { list: ['https://other.example', ours], origin: ours, told: ours },
  { list: [ours], origin: 'https://app.example.org.evil.example', told: undefined },
  { list: [ours], origin: 'http://app.example.org', told: undefined },
  { list: [ours], origin: 'https://app.example.org:8443', told: undefined },
  { list: [ours], origin: 'null', told: undefined },
])('$origin before the list $list', ({ list, origin, told }) => {
  test('is answered as the list says, to a preflight and to the request itself', async () => {
    origins = list;
    for (const answer of [await preflight(origin), await ask('POST', { Origin: origin })]) {
      expect(answer.headers['access-control-allow-origin']).toBe(told);
      expect(answer.headers.vary).toBe(list.includes('*') ? undefined : 'Origin');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      const allowed = answer.headers['access-control-allow-methods'];
      expect(allowed).toBe(told === undefined ? undefined : 'OPTIONS, GET, HEAD, POST, PATCH, DELETE');
    }
  });
});

test('a preflight is answered with 200 before anybody is asked for a token, and names all headers', async () => {
  origins = [ours];
  const answer = await preflight(ours, { 'Access-Control-Request-Headers': 'authorization' });
  expect([answer.status, answer.body]).toEqual([200, '']);
  const names = answer.headers['access-control-allow-headers']?.split(', ');
  for (const name of ['Authorization', 'Content-Type', 'If-Match', 'ETag', 'Accept', 'Range', 'If-Range'])
    expect(names).toContain(name);
  expect(answer.headers['access-control-max-age']).toBe('86400');
  expect(answer.headers['accept-post']).toBe('application/sdp');
  expect(answer.lines('Link')[0]).toBeUndefined();
  expect(answer.headers['access-control-allow-private-network']).toBeUndefined();
});

test('a page on the Internet may call a server on the local network when it asks', async () => {
  const asks = { 'Access-Control-Request-Private-Network': 'true' };
  origins = [ours];
  const allowed = await preflight(ours, asks);
  expect(allowed.headers['access-control-allow-private-network']).toBe('true');
  const refused = await preflight('https://evil.example', asks);
  expect(refused.headers['access-control-allow-private-network']).toBeUndefined();
});

test('OPTIONS without Access-Control-Request-Method is no preflight', async () => {
  origins = ['*'];
  expect((await ask('OPTIONS', { Origin: ours })).status).toBe(418);
});

test('what players must read is exposed', async () => {
  origins = ['*'];
  const exposed = (await ask('POST', { Origin: ours })).headers['access-control-expose-headers']?.split(', ');
  for (const name of ['Location', 'ETag', 'Link', 'Accept-Patch', 'Accept-Post', 'Retry-After'])
    expect(exposed).toContain(name);
  expect(exposed).toContain('Access-Control-Allow-Methods');
});

test('the list is a list or text with commas, of origins without a path', () => {
  expect(httpConfig.parse({}).corsOrigin).toEqual(['*']);
  expect(httpConfig.parse({ corsOrigin: `${ours}, http://localhost:3000` }).corsOrigin).toEqual([
    ours,
    'http://localhost:3000',
  ]);
  for (const wrong of ['', `${ours}/`, 'app.example.org', 'https://a.example/path'])
    expect(httpConfig.safeParse({ corsOrigin: wrong }).success).toBe(false);
});
