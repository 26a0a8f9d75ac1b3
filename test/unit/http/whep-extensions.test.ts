import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoors } from '#src/auth/open.ts';
import { silentLog } from '#src/core/log.ts';
import type { PublicationId } from '#src/core/ids.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpServer, openHttpServer } from '#src/http/server.ts';
import { ViewerEvents } from '#src/session/events.ts';
import { Reports } from '#src/session/reports.ts';
import { nothingBehind } from '#test/kit/nothing-behind.ts';
import { sessionRig, streamName } from '#test/kit/session-fakes.ts';

const { deps, plane, gateway } = sessionRig();
const reports = new Reports(plane);
const events = new ViewerEvents({ plane, streams: deps.streams, reports, clock: deps.clock });
const config = httpConfig.parse({ port: 0, address: '127.0.0.1' });
let server: HttpServer;
let base: string;

beforeAll(async () => {
  server = await openHttpServer({
    sessions: deps,
    access: openDoors(),
    events,
    ...nothingBehind,
    config: () => config,
    log: silentLog,
  });
  base = `http://127.0.0.1:${server.port}`;
  await fetch(`${base}/whip/a`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: 'good',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const json = { 'Content-Type': 'application/json' };
const post = (url: string, body: string, headers: Record<string, string> = json): Promise<Response> =>
  fetch(url, { method: 'POST', headers, body });

/** A viewer's session, and the links that came with it. */
async function view(query = ''): Promise<{ location: string; links: Map<string, string> }> {
  await leaveAll();
  const created = await post(`${base}/whep/a${query}`, 'good', { 'Content-Type': 'application/sdp' });
  expect(created.status).toBe(201);
  const links = [...(created.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="([^"]+)"/g)];
  return {
    location: created.headers.get('location') ?? '',
    links: new Map(links.map(([, url = '', rel = '']) => [rel.split(':').at(-1) ?? '', url])),
  };
}

/** The rules of the fakes have two seats. */
async function leaveAll(): Promise<void> {
  const stream = deps.streams.find(streamName('a'));
  await Promise.all([...(stream?.viewers.values() ?? [])].map(({ peer }) => peer[Symbol.asyncDispose]()));
}

function publicationOf(stream: string): PublicationId {
  const found = deps.streams.find(streamName(stream));
  if (found === undefined) throw new Error('no such stream');
  return found.publication;
}

/** Reads an event stream until the text has come. */
async function readUntil(url: string, wanted: string, act: () => void = () => undefined): Promise<string> {
  const sent = httpRequest(url, { headers: { 'Last-Event-ID': '17' } });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream']);
  act();
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes(wanted)) break;
  }
  sent.destroy();
  return text;
}

test('the answer to an offer links both extensions, after nothing that a player could take for an ICE server', async () => {
  const { location, links } = await view();
  expect([...links]).toEqual([
    ['server-sent-events', `${location}/events`],
    ['layer', `${location}/layer`],
  ]);
  const options = await fetch(`${base}/whep/a`, { method: 'OPTIONS' });
  expect(options.headers.get('link') ?? '').not.toContain('whep:ext');
});

test('an event stream is made by POST, read by GET and ended by DELETE', async () => {
  const { location } = await view();
  const made = await post(`${location}/events`, '["active","inactive"]');
  expect(made.status).toBe(201);
  const url = made.headers.get('location') ?? '';
  expect(url).toMatch(new RegExp(`^${location}/events/[\\w-]{22}$`));
  const flows = { type: 'media-flows', publication: publicationOf('a') } as const;
  const text = await readUntil(url, 'event: inactive', () => {
    plane.raise({ ...flows, flowing: true });
    plane.raise({ ...flows, flowing: false });
  });
  expect(text).toContain('event: active\ndata: {}\n\n');
  expect(text.startsWith('retry: ')).toBe(true);
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
  expect((await fetch(url)).status).toBe(404);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(404);
});

test('untyped copies and flat lists are asked for at the endpoint, for players that only follow links', async () => {
  const { links } = await view('?untyped=1&layers=list&else=1');
  await gateway.peers.at(-1)?.connect();
  const link = links.get('server-sent-events') ?? '';
  expect(link).toMatch(/\/events\?untyped=1&layers=list$/);
  const made = await fetch(link, { method: 'POST' });
  const url = made.headers.get('location') ?? '';
  expect(url).toMatch(/\?untyped=1&layers=list$/);
  const text = await readUntil(url, '"type":"event"');
  expect(text).toContain('event: viewercount\ndata: {"viewercount":1}\n\n');
  expect(text).toContain('data: {"type":"event","name":"viewercount","data":{"viewercount":1}}\n\n');
});

test('an announced URL may be read at once; what it opened goes with its reader', async () => {
  const { links } = await view();
  const link = links.get('server-sent-events') ?? '';
  for (let i = 0; i < 6; i += 1) expect(await readUntil(link, '\n\n')).toContain('retry: ');
});

test('the session takes its event streams with it', async () => {
  const { location } = await view();
  const url = (await post(`${location}/events`, '[]')).headers.get('location') ?? '';
  await readUntil(url, 'retry', () => void fetch(location, { method: 'DELETE' }));
  await fetch(location, { method: 'DELETE' });
  expect((await fetch(url)).status).toBe(404);
});

interface Refusal {
  readonly method?: string;
  readonly path: string;
  readonly body: string;
  readonly type?: string;
  readonly status: number;
  readonly code: string;
}

test.each<Refusal>([
  { path: '/events', body: '["scte35"]', status: 400, code: 'unknown-event' },
  { path: '/events', body: '{}', status: 400, code: 'unknown-event' },
  { path: '/events', body: 'x', status: 400, code: 'unknown-event' },
  { path: '/events', body: '[]', type: 'text/plain', status: 415, code: 'wrong-media-type' },
  { method: 'PUT', path: '/events', body: '[]', status: 405, code: 'method-not-allowed' },
  { path: '/events/AAAAAAAAAAAAAAAAAAAAAA', body: '[]', status: 405, code: 'method-not-allowed' },
  { path: '/layer', body: '', status: 400, code: 'bad-layer' },
  { path: '/layer', body: '{"rid":"x"}', status: 400, code: 'unknown-layer' },
  { path: '/layer', body: '{"mediaId":"9"}', status: 400, code: 'unknown-media' },
  { path: '/layer', body: '{}', type: 'application/sdp', status: 415, code: 'wrong-media-type' },
  { method: 'PATCH', path: '/layer', body: '{}', status: 405, code: 'method-not-allowed' },
])('$path $body is refused with $code', async (refusal) => {
  const { method = 'POST', path, body, type = 'application/json', status, code } = refusal;
  const { location } = await view();
  const response = await fetch(location + path, { method, headers: { 'Content-Type': type }, body });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  if (status === 405) expect(response.headers.get('allow')).toMatch(/GET/);
  if (status === 415) expect(response.headers.get('accept-post')).toBe('application/json');
});

test('a session that is not there has no extensions', async () => {
  for (const path of ['events', 'events/AAAAAAAAAAAAAAAAAAAAAA', 'layer']) {
    const response = await fetch(`${base}/whep/a/AAAAAAAAAAAAAAAAAAAAAA/${path}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      404,
      'session-not-found',
    ]);
  }
});

test('layers are chosen by POST, told by GET, and left to us again by DELETE or an empty object', async () => {
  const { location } = await view('?maxHeight=720');
  const told = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { wish: unknown }).wish;
  const layer = `${location}/layer`;
  expect(await told(await fetch(layer))).toEqual({ maxHeight: 720 });
  expect(await told(await post(layer, '{"mediaId":"0","maxTemporalLayerId":1}'))).toEqual({
    maxTemporalLayer: 1,
  });
  expect(await told(await fetch(layer, { method: 'DELETE' }))).toEqual({});
  expect(await told(await post(layer, '{"off":true}'))).toEqual({ off: true });
  const cleared = await post(layer, '{}');
  expect([cleared.status, await told(cleared)]).toEqual([200, {}]);
  expect(gateway.peers.at(-1)?.wishes).toEqual([
    { maxHeight: 720 },
    { maxTemporalLayer: 1 },
    {},
    { off: true },
    {},
  ]);
  expect((await fetch(layer, { method: 'OPTIONS' })).headers.get('accept-post')).toBe('application/json');
});

test('a query that names what there is not is refused before anything is opened', async () => {
  await leaveAll();
  const before = gateway.peers.length;
  for (const [query, code] of [
    ['rid=x', 'unknown-layer'],
    ['layer=best', 'bad-query'],
  ]) {
    const refused = await post(`${base}/whep/a?${query ?? ''}`, 'good', {
      'Content-Type': 'application/sdp',
    });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, code]);
  }
  expect(gateway.peers.length).toBe(before);
});
