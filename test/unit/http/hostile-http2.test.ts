import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileTargets } from '#test/kit/hostile-targets.ts';
import { Http2Client } from '#test/kit/http2-client.ts';
import { frame, frameType, getBlock, RawHttp2 } from '#test/kit/http2-frames.ts';
import { type HttpsRig, openHttpsRig } from '#test/kit/https-rig.ts';
import { until } from '#test/kit/wait.ts';

/** There a path is a path, and nothing is in front of it (RFC 9113 section 8.3.1). */
const overHttp2 = hostileTargets.filter(([target]) => target.startsWith('/'));
let rig: HttpsRig;
let client: Http2Client;
let folder = '';

beforeAll(async () => {
  rig = await openHttpsRig({}, { blockLimitMs: 60_000, startWaitMs: 10_000 });
  client = await Http2Client.open(rig.port);
  const { body } = await client.ask('/hls/live/index.m3u8');
  folder = /^([\w-]+)\/v0\.m3u8$/m.exec(body.toString())?.[1] ?? '';
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('every hostile target is answered over HTTP/2 as over HTTP/1.1, all on one connection', async () => {
  const answers = await Promise.all(
    overHttp2.map(async ([target, statuses]) => {
      const { status, headers } = await client.ask(target.replaceAll('FOLDER', folder));
      return {
        target,
        fits: statuses.includes(status),
        status,
        cors: headers['access-control-allow-origin'],
      };
    }),
  );
  expect(answers.filter(({ fits, cors }) => !fits || cors !== '*')).toEqual([]);
  expect(rig.warnings).toEqual([]);
});

describe('pseudo-headers', () => {
  test('of CONNECT are 405', async () => {
    const stream = client.session.request({ ':method': 'CONNECT', ':authority': '127.0.0.1:25' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.close();
    expect(headers[':status']).toBe(405);
  });

  /** Header blocks in HPACK, without indexing; `:method` GET, `:scheme` https, `:path` / and `:authority` x are the good ones. */
  const [method, scheme, path, authority] = [[0x82], [0x87], [0x84], [0x01, 0x01, 0x78]] as const;
  const literal = (name: string, value: string): readonly number[] => [
    0x00,
    ...[name, value].flatMap((text) => [text.length, ...Buffer.from(text)]),
  ];
  test.each<readonly [string, readonly (readonly number[])[]]>([
    ['are missing', []],
    ['lack the path', [method, scheme, authority]],
    ['lack the method', [scheme, path, authority]],
    ['come twice', [method, scheme, path, path, authority]],
    ['come after others', [method, scheme, literal('x-a', 'b'), path, authority]],
    ['are of an answer', [literal(':status', '200'), method, scheme, path, authority]],
    ['are unknown', [literal(':secret', '1'), method, scheme, path, authority]],
    [
      'ask for a protocol that was not offered',
      [literal(':protocol', 'websocket'), method, scheme, path, authority],
    ],
    ['have an empty path', [method, scheme, [0x04, 0x00], authority]],
    ['go with a header of HTTP/1.1', [method, scheme, path, authority, literal('connection', 'close')]],
    ['go with another framing', [method, scheme, path, authority, literal('transfer-encoding', 'chunked')]],
    ['go with capitals', [method, scheme, path, authority, literal('X-A', 'b')]],
    [
      'go with two lengths',
      [method, scheme, path, authority, literal('content-length', '1'), literal('content-length', '2')],
    ],
    ['cannot be unpacked', [[0xff, 0xff, 0xff, 0xff, 0x7f]]],
  ])('that %s reset the stream or end the connection, and reach nobody', async (_title, fields) => {
    using raw = await RawHttp2.open(rig.port);
    raw.send(frame(frameType.headers, 0x5, 1, Buffer.from(fields.flat())));
    await until('it is refused', () => isRefused(raw), { timeoutMs: 20_000, everyMs: 5 });
    expect(raw.received.some(({ type, stream }) => type === frameType.headers && stream === 1)).toBe(false);
    expect((await client.ask('/livez')).status).toBe(200);
  });
});

test('a body that lies about its length does not reach the next request', async () => {
  using raw = await RawHttp2.open(rig.port);
  const fields = getBlock('/whip/a', { 'content-type': 'application/sdp', 'content-length': '3' });
  raw.send(frame(frameType.headers, 0x4, 1, Buffer.concat([Buffer.from([0x83]), fields.subarray(1)])));
  raw.send(frame(frameType.data, 0x1, 1, Buffer.from('v=0\r\n\r\nGET /secret HTTP/1.1\r\n\r\n')));
  await until('it is refused', () => isRefused(raw), { timeoutMs: 20_000, everyMs: 5 });
  expect((await client.ask('/livez')).status).toBe(200);
});

/** The stream was reset, or the connection ended. */
function isRefused({ socket, goaway, received }: RawHttp2): boolean {
  return socket.destroyed || goaway !== undefined || received.some(({ type }) => type === frameType.reset);
}
