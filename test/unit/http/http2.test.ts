import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttp2Server } from '#src/http/http2.ts';
import { makeCertificate } from '#test/kit/certificates.ts';
import { Http2Client } from '#test/kit/http2-client.ts';
import { frame, frameType, get, getBlock, RawHttp2, word } from '#test/kit/http2-frames.ts';
import { type HttpsRig, openHttpsRig } from '#test/kit/https-rig.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 20_000, everyMs: 10 };
/** Error code of RFC 9113 section 7. */
const cancel = 0x8;
let rig: HttpsRig;
let client: Http2Client;

beforeAll(async () => {
  rig = await openHttpsRig();
  client = await Http2Client.open(rig.port);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

async function alpnOf(port: number, ALPNProtocols?: string[]): Promise<string | false | null> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(ALPNProtocols && { ALPNProtocols }),
  });
  await once(socket, 'secureConnect');
  const { alpnProtocol } = socket;
  socket.destroy();
  return alpnProtocol;
}

describe('one port', () => {
  test('speaks HTTP/2 with who offers it, and HTTP/1.1 with all others', async () => {
    expect(await alpnOf(rig.port, ['h2', 'http/1.1'])).toBe('h2');
    expect(await alpnOf(rig.port, ['http/1.1'])).toBe('http/1.1');
    expect(await alpnOf(rig.port)).toBe(false);
  });

  test('speaks HTTP/1.1 alone where the settings say so', async () => {
    await using plain = await openHttpsRig({ http2: false });
    expect(await alpnOf(plain.port, ['h2', 'http/1.1'])).not.toBe('h2');
  });
});

test('events arrive as they happen, and who reads them may leave', async () => {
  const stream = client.session.request({ ':path': '/api/events' });
  stream.setEncoding('utf8');
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  await until('two snapshots', () => text.split('event: snapshot').length > 2, patience);
  const closed = once(stream, 'close');
  stream.close();
  await closed;
});

describe('limits of one connection', () => {
  /** Others are served meanwhile. */
  const othersAreServed = async (): Promise<void> => {
    expect((await client.ask('/livez')).status).toBe(200);
  };

  test('streams that are opened and reset, over and over, end it', async () => {
    using raw = await RawHttp2.open(rig.port);
    for (let stream = 1; stream < 20_000 && raw.socket.writable; stream += 2) {
      raw.send(get(stream, '/livez'), frame(frameType.reset, 0, stream, word(cancel)));
      if (stream % 40 === 1) await sleep(0);
    }
    await raw.closed;
    expect(raw.goaway).toBeDefined();
    await othersAreServed();
  });

  test('header blocks without end, too', async () => {
    using raw = await RawHttp2.open(rig.port);
    raw.send(frame(frameType.headers, 0x1, 1, getBlock('/livez')));
    while (raw.socket.writable) {
      raw.send(frame(frameType.continuation, 0, 1, Buffer.from([0, 1, 97, 1, 97])));
      await sleep(1);
    }
    await raw.closed;
    await othersAreServed();
  });

  test('headers of more than 16 KiB reset their stream alone', async () => {
    const long = { headers: { 'x-long': 'y'.repeat(20_000) } };
    await expect(client.ask('/livez', long)).rejects.toThrow('ENHANCE_YOUR_CALM');
    await othersAreServed();
  });

  test('streams beyond a hundred are refused, and the hundred are served', async () => {
    using raw = await RawHttp2.open(rig.port);
    const blocked = `/hls/live/${await folderOf(client)}/v0.m3u8?_HLS_msn=`;
    const { msn } = await edgeOf(client);
    raw.send(...Array.from({ length: 120 }, (_one, index) => get(2 * index + 1, `${blocked}${msn + 1}`)));
    await until(
      'the others are refused',
      () => raw.received.filter(({ type }) => type === frameType.reset).length === 20,
      patience,
    );
    await rig.advanceTo(20_500);
    await until('the first is served', () => answersTo(raw, 1) > 0 && answersTo(raw, 199) > 0, patience);
  });

  test('a client that opens no window keeps nobody else waiting', async () => {
    // SETTINGS_INITIAL_WINDOW_SIZE: not a byte of any body may be sent.
    using raw = await RawHttp2.open(rig.port, [[0x4, 0]]);
    raw.send(get(1, '/metrics'), get(3, '/hls/live/index.m3u8'));
    await until('headers come', () => answersTo(raw, 3) > 0, patience);
    await othersAreServed();
    expect(raw.received.some(({ type }) => type === frameType.data)).toBe(false);
  });

  test('what is left of a body that nobody wanted is not read', async () => {
    using raw = await RawHttp2.open(rig.port);
    const block = Buffer.concat([Buffer.from([0x83]), getBlock('/hls/live/index.m3u8').subarray(1)]);
    raw.send(frame(frameType.headers, 0x4, 1, block));
    const resetOf = (): number | undefined =>
      raw.received.find(({ type }) => type === frameType.reset)?.payload.readUInt32BE(0);
    await until('the stream is closed', () => resetOf() !== undefined, patience);
    expect([resetOf(), answersTo(raw, 1)]).toEqual([0, 1]);
  });
});

test('who asks for nothing, never ends a header or a body, or stops asking is cut off whatever else it sends', async () => {
  await using quick = await openQuickServer();
  const clients = await Promise.all(Array.from({ length: 4 }, () => RawHttp2.open(quick.port)));
  const [idle, dripping, sending, done] = clients as [RawHttp2, RawHttp2, RawHttp2, RawHttp2];
  dripping.send(frame(frameType.headers, 0x1, 1, getBlock('/')));
  const post = Buffer.concat([Buffer.from([0x83]), getBlock('/wait').subarray(1)]);
  sending.send(frame(frameType.headers, 0x4, 1, post));
  done.send(get(1, '/'));
  const timer = setInterval(() => {
    for (const each of [idle, done]) each.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    dripping.send(frame(frameType.continuation, 0, 1, Buffer.from([0])));
    sending.send(frame(frameType.data, 0, 1, Buffer.from('v')));
  }, 20);
  try {
    await Promise.all([idle.closed, dripping.closed, sending.closed, done.closed]);
    expect(answersTo(done, 1)).toBe(1);
    const [reset] = sending.received.filter(({ type }) => type === frameType.reset);
    expect(reset?.payload.readUInt32BE(0)).toBe(cancel);
  } finally {
    clearInterval(timer);
    for (const each of clients) each[Symbol.dispose]();
  }
});

test('a client that asks and does not read is given up', async () => {
  await using quick = await openQuickServer();
  using raw = await RawHttp2.open(quick.port, [[0x4, 100]]);
  raw.send(get(1, '/large'));
  // Pings keep the connection busy, not the stream.
  const timer = setInterval(() => raw.send(frame(frameType.ping, 0, 0, Buffer.alloc(8))), 20);
  await raw.closed;
  clearInterval(timer);
  expect(answersTo(raw, 1)).toBe(1);
  const [reset] = raw.received.filter(({ type }) => type === frameType.reset);
  expect(reset?.payload.readUInt32BE(0)).toBe(cancel);
});

test('the same holds for HTTP/1.1 on that port', async () => {
  await using quick = await openQuickServer();
  const to = { port: quick.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
  const socket = connectTls(to);
  socket.on('error', () => undefined); // a reset is one way to be cut
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  socket.write('GET / HTTP/1.1\r\nX-A: ');
  const timer = setInterval(() => socket.write('a'), 20);
  await closed;
  clearInterval(timer);
});

/** The same server with little patience. */
async function openQuickServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'http2-'));
  const { certFile, keyFile } = await makeCertificate(folder, 'localhost');
  const context = { cert: await readFile(certFile), key: await readFile(keyFile) };
  const patience = {
    ...{ headersTimeout: 400, requestTimeout: 400, keepAliveTimeout: 400, stalledTimeout: 800 },
    connectionsCheckingInterval: 50,
  };
  const server = createHttp2Server(context, patience, {
    first(request, response) {
      if (request.url === '/large') response.end(Buffer.alloc(1_000_000));
      else if (request.url !== '/wait') response.end('ok');
      return true;
    },
    rest: () => undefined,
    http1: () => undefined,
    maxStreams: 10,
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

test('a server that ends closes its connections', async () => {
  const other = await openHttpsRig();
  const [mine, raw] = await Promise.all([Http2Client.open(other.port), RawHttp2.open(other.port)]);
  const closed = once(mine.session, 'close');
  await other[Symbol.asyncDispose]();
  await Promise.all([closed, raw.closed]);
});

function answersTo(raw: RawHttp2, stream: number): number {
  return raw.received.filter((one) => one.type === frameType.headers && one.stream === stream).length;
}

async function folderOf(from: Http2Client): Promise<string> {
  const { body } = await from.ask('/hls/live/index.m3u8');
  return /^([\w-]+)\/v0\.m3u8$/m.exec(body.toString())?.[1] ?? '';
}

async function edgeOf(from: Http2Client): Promise<{ readonly msn: number }> {
  const { body } = await from.ask(`/hls/live/${await folderOf(from)}/v0.m3u8`);
  const text = body.toString();
  return { msn: Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]) + (text.match(/#EXTINF/g)?.length ?? 0) - 1 };
}
