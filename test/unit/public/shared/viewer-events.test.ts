import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { followViewerEvents, readViewerEvent, type ViewerEvent } from '#public/shared/viewer-events.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an event', () => {
  it.each([
    ['active', '{}', { name: 'active' }],
    ['inactive', 'no json', { name: 'inactive' }],
    ['viewercount', '{"viewercount":3}', { name: 'viewercount', viewers: 3 }],
    ['viewercount', '{}', undefined],
    ['reconnect', '{"url":"https://b/whep/x"}', { name: 'reconnect', url: 'https://b/whep/x' }],
    ['reconnect', '{}', { name: 'reconnect', url: undefined }],
    ['layers', '{}', { name: 'layers', layers: [] }],
    ['layers', '[]', { name: 'layers', layers: [] }],
    ['weather', '{}', undefined],
  ])('%s %s says %j', (name, data, event) => {
    expect(readViewerEvent({ name, data })).toEqual(event);
  });

  it('of layers tells their sizes, rates and parts, whatever the m-line is called', () => {
    const part = { spatialLayerId: 1, temporalLayerId: 2, bitrate: 7 };
    const data = { '1': { active: [{ rid: 'h', bitrate: 9, width: 640, height: 360, layers: [part] }] } };
    expect(readViewerEvent({ name: 'layers', data: JSON.stringify(data) })).toEqual({
      name: 'layers',
      layers: [
        {
          rid: 'h',
          bitrateBps: 9,
          width: 640,
          height: 360,
          parts: [{ width: 0, height: 0, bitrateBps: 7, spatialLayer: 1, temporalLayer: 2 }],
        },
      ],
    });
  });
});

describe('following', () => {
  it('makes a stream with the token, reads it without, comes back to it, and ends with the session', async () => {
    const asked: string[] = [];
    let reads = 0;
    const base = await serve((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? '-'}`);
      if (request.method === 'POST') {
        const isAlive = asked.filter((line) => line.startsWith('POST')).length === 1;
        response.writeHead(isAlive ? 201 : 404, { Location: '/events/secret' }).end();
      } else if (++reads <= 2) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.end(`event: viewercount\ndata: {"viewercount":${reads}}\n\n`);
      } else response.writeHead(404).end();
    });
    const told: ViewerEvent[] = [];
    const { signal } = new AbortController();
    await followViewerEvents({ url: `${base}/events`, token: 't' }, (event) => told.push(event), signal);
    expect(told).toEqual([
      { name: 'viewercount', viewers: 1 },
      { name: 'viewercount', viewers: 2 },
    ]);
    expect(asked).toEqual([
      'POST /events Bearer t',
      'GET /events/secret -',
      'GET /events/secret -',
      'GET /events/secret -',
      'POST /events Bearer t',
    ]);
  });

  it('ends at once when it is called off', async () => {
    const abort = new AbortController();
    const base = await serve((request, response) => {
      if (request.method === 'POST') response.writeHead(201, { Location: '/events/x' }).end();
      else {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        abort.abort();
      }
    });
    await followViewerEvents({ url: `${base}/events` }, () => undefined, abort.signal);
    expect(abort.signal.aborted).toBe(true);
  });
});
