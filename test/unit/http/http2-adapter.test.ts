import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Http1Adapter } from '#src/http/http2-adapter.ts';
import { until } from '#test/kit/wait.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const patience = { timeoutMs: 20_000, everyMs: 5 };
let handle: Handle;
let adapter: Http1Adapter;
let server: Http2Server;
let session: ReturnType<typeof connect>;

beforeEach(async () => {
  adapter = new Http1Adapter((request, response) => handle(request, response), 3);
  server = createServer((request, response) => adapter.carry(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on('error', () => undefined);
});
afterEach(async () => {
  session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Got {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

async function ask(headers: Record<string, string | string[]>, body?: string): Promise<Got> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [received] = (await once(stream, 'response')) as [Record<string, unknown>];
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return { status: Number(received[':status']), headers: received, text };
}

describe('a handler for HTTP/1.1', () => {
  test('sees method, path, host, cookies, body and who connected', async () => {
    handle = (request, response) => {
      const { method, url, headers, socket } = request;
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () =>
        response.end(
          JSON.stringify({
            method,
            url,
            headers,
            text,
            from: socket.remoteAddress,
            tls: 'encrypted' in socket,
          }),
        ),
      );
    };
    const { text } = await ask(
      {
        ':method': 'POST',
        ':path': '/a?b=c%20d',
        ':authority': 'live.example.org',
        cookie: 'a=b; c=d',
        'x-a': '1',
      },
      'the body',
    );
    const seen = JSON.parse(text) as Record<string, unknown>;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/a?b=c%20d',
      text: 'the body',
      from: '127.0.0.1',
      tls: true,
    });
    expect(seen['headers']).toMatchObject({ host: 'live.example.org', cookie: 'a=b; c=d', 'x-a': '1' });
  });

  test('gets no second request out of a body, whatever the body says', async () => {
    const urls: string[] = [];
    handle = (request, response) => {
      urls.push(request.url ?? '');
      request.resume().on('end', () => response.end('ok'));
    };
    const smuggled = '0\r\n\r\nGET /secret HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      expect((await ask({ ':method': method, ':path': `/${method}` }, smuggled)).text).toBe('ok');
    expect(
      (
        await ask(
          { ':method': 'POST', ':path': '/sized', 'content-length': String(smuggled.length) },
          smuggled,
        )
      ).text,
    ).toBe('ok');
    expect(urls).toEqual(['/GET', '/POST', '/DELETE', '/OPTIONS', '/sized']);
  });

  test('answers with any status, several header lines, no body where there is none', async () => {
    handle = (request, response) => {
      response.setHeader('Link', ['<a>; rel=x', '<b>; rel=y']);
      response.setHeader('Set-Cookie', ['a=b', 'c=d']);
      response.writeHead(Number(request.url?.slice(1)), { ETag: '"1"', Connection: 'close' });
      response.end(request.url === '/204' || request.url === '/304' ? undefined : 'text');
    };
    for (const status of [200, 201, 204, 304, 404, 503]) {
      const got = await ask({ ':path': `/${status}` });
      expect([got.status, got.text]).toEqual([status, status === 204 || status === 304 ? '' : 'text']);
      expect(got.headers).toMatchObject({ etag: '"1"', 'set-cookie': ['a=b', 'c=d'] });
      expect(got.headers['link']).toBe('<a>; rel=x, <b>; rel=y');
      expect(got.headers).not.toHaveProperty('connection');
    }
    const head = await ask({ ':method': 'HEAD', ':path': '/200' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('is told when the client leaves', async () => {
    const left = Promise.withResolvers<undefined>();
    handle = (_request, response) => {
      response.once('close', () => left.resolve(undefined));
      response.writeHead(200);
      response.write('more to come');
    };
    const stream = session.request({ ':path': '/' });
    await once(stream, 'data');
    stream.close();
    await left.promise;
    await until('its place is free', () => adapter.open === 0, patience);
  });

  test('feels it when the client does not read', async () => {
    let written = 0;
    let full = false;
    handle = (_request, response) => {
      response.writeHead(200);
      while (!response.writableNeedDrain && written < 100) {
        response.write(Buffer.alloc(65_536));
        written += 1;
      }
      full = response.writableNeedDrain;
    };
    const stream = session.request({ ':path': '/' });
    await once(stream, 'response');
    expect(full).toBe(true);
    expect(written).toBeLessThan(100);
    stream.close();
  });

  test('that breaks off resets the stream', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half');
      setImmediate(() => response.destroy());
    };
    const stream = session.request({ ':path': '/' });
    const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_HTTP2_STREAM_ERROR');
  });
});

describe('what HTTP/1.1 cannot say', () => {
  test.each([
    ['bytes that no URL has', { ':path': '/\u00e9' }],
    ['an unknown method', { ':method': 'FOO', ':path': '/' }],
  ])('%s is 400', async (_title, headers) => {
    handle = () => expect.unreachable();
    const stream = session.request(headers);
    const outcome = await Promise.race([
      once(stream, 'response').then(([received]) => Number((received as Record<string, unknown>)[':status'])),
      once(stream, 'error').then(() => 'reset'),
    ]);
    expect([400, 'reset']).toContain(outcome);
  });
});

test('more streams than there are places are refused, so that they may be asked for again', async () => {
  const waiting: ServerResponse[] = [];
  handle = (_request, response) => void waiting.push(response);
  const streams = Array.from({ length: 4 }, () => session.request({ ':path': '/' }));
  const [error] = (await once(streams[3]!, 'error')) as [Error];
  expect(error.message).toContain('REFUSED_STREAM');
  await until('three wait', () => waiting.length === 3, patience);
  for (const response of waiting) response.end('ok');
  await Promise.all(streams.slice(0, 3).map((stream) => once(stream.resume(), 'close')));
  expect(adapter.open).toBe(0);
});
