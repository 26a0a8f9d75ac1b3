import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from '#test/kit/hls-http.ts';
import { type HlsRig, openHlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

/** Far above what an answer takes, far below what a wait would. */
const atOnceMs = 2_000;
let rig: HlsRig;
let folder = '';

beforeAll(async () => {
  rig = await openHlsRig({ blockLimitMs: 60_000, startWaitMs: 10_000 });
  const feed = new EpochFeed();
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(16_500);
  const { body } = await exchange(rig.url);
  folder = /^([\w-]+)\/v0\.m3u8$/m.exec(body.toString())?.[1] ?? '';
});
afterAll(() => rig[Symbol.asyncDispose]());

const long = (text: string): string => text.repeat(Math.floor(6_000 / text.length));
const far = '9'.repeat(15);

/** FOLDER stands for the real one; the stream is `live`, and `v0` and `a0` are its renditions. */
const table: readonly (readonly [target: string, statuses: readonly number[]])[] = [
  // Numbers that are none, are too large, too far or alone.
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=-1', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=+1', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=1.5', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=1e3', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=0x10', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=%31', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=NaN', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=Infinity', [400]],
  [`/hls/live/FOLDER/v0.m3u8?_HLS_msn=${far}`, [400]],
  [`/hls/live/FOLDER/v0.m3u8?_HLS_msn=${long('9')}`, [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=18446744073709551616', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=99999', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_part=0', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_part=x&_HLS_msn=0', [400]],
  [`/hls/live/FOLDER/v0.m3u8?_HLS_msn=4&_HLS_part=${far}`, [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=4&_HLS_part=500', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=0&_HLS_msn=0', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=0&_HLS_part=0&_HLS_part=1', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_skip=yes', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_skip=', [400]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_skip=YES&_HLS_skip=v2', [400]],
  // What is in the past is answered with what there is now.
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=0', [200]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=000', [200]],
  ['/hls/live/FOLDER/v0.m3u8?_HLS_msn=0&_HLS_part=99', [200]],
  // Other parameters are nobody's business, however many.
  [`/hls/live/FOLDER/v0.m3u8?${long('a=b&')}`, [200]],
  ['/hls/live/FOLDER/v0.m3u8?_hls_msn=99999&%5FHLS_msn=99999', [200]],
  ['/hls/live/FOLDER/v0.m3u8?__proto__=1&constructor=2', [200]],
  // Ways out of the folder, spelled in every way.
  ['/hls/live/../live/index.m3u8', [404]],
  ['/hls/live/FOLDER/../index.m3u8', [404]],
  ['/hls/live/FOLDER/../../../../etc/passwd', [404]],
  ['/hls/../api/streams', [404]],
  ['/hls/live/%2e%2e/%2e%2e/etc/passwd', [404]],
  ['/hls/live/..%2f..%2fetc%2fpasswd', [404]],
  ['/hls/live/..%252f..%252fetc', [404]],
  ['/hls/live/..%c0%af..%c0%afetc', [404]],
  ['/hls/live/FOLDER/%2e%2e%5cv0.m3u8', [404]],
  ['/hls/live/FOLDER/..\\..\\v0.m3u8', [404]],
  ['/hls/live//etc/passwd', [404]],
  ['/hls//live/index.m3u8', [404]],
  ['/hls/live/FOLDER//v0.m3u8', [404]],
  ['/hls/live/FOLDER/v0.m3u8/', [404]],
  ['/hls/live/FOLDER/v0.m3u8/x', [404]],
  ['/hls/live/index.m3u8%00.mp4', [404]],
  ['/hls/live/FOLDER/v0.m3u8;x=1', [404]],
  ['/hls/live/file:///etc/passwd', [404]],
  ['/hls/live/http://127.0.0.1/', [404]],
  // Names that nearly are some, or were.
  ['/hls/live', [404]],
  ['/hls/live/', [404]],
  ['/hls/LIVE/index.m3u8', [404]],
  ['/hls/live/INDEX.M3U8', [404]],
  ['/hls/live/index.m3u', [404]],
  ['/hls/live/index.m3u8.gz', [404]],
  ['/hls/live/AAAAAAAA/v0.m3u8', [404]],
  ['/hls/live/FOLDER/v9.m3u8', [404]],
  ['/hls/live/FOLDER/v.m3u8', [404]],
  ['/hls/live/FOLDER/.m3u8', [404]],
  ['/hls/live/FOLDER/__proto__.m3u8', [404]],
  ['/hls/live/FOLDER/constructor.m3u8', [404]],
  ['/hls/live/FOLDER/v0_e1.m4s', [404]],
  ['/hls/live/FOLDER/v0_e0.mp4', [404]],
  ['/hls/live/FOLDER/v0_e99.mp4', [404]],
  ['/hls/live/FOLDER/v0_e1_s99999.m4s', [404]],
  ['/hls/live/FOLDER/v0_e1_p99999.m4s', [404]],
  ['/hls/live/FOLDER/v0_e1_p-1.m4s', [404]],
  ['/hls/live/FOLDER/v0_e1_p1.mp4', [404]],
  ['/hls/live/FOLDER/v0_e1_p01.m4s', [404]],
  [`/hls/live/FOLDER/v0_e${far}_p${far}.m4s`, [404]],
  [`/hls/live/FOLDER/v0_e1_p${long('1')}.m4s`, [404]],
  [`/hls/live/${long('a/')}`, [404]],
  [`/hls/${long('a')}/index.m3u8`, [404]],
  [`/hls/live/${long('../')}etc/passwd`, [404]],
  ['/hls/__proto__/index.m3u8', [404]],
  ['/hls/-/index.m3u8', [404]],
  ['/hls/?', [404]],
  ['/hls/', [404]],
  // Passes where none are needed, and none that are one.
  ['/hls/t/x/nobody/index.m3u8', [404]],
  ['/hls/t/x/../live/index.m3u8', [404]],
  ['/hls/t/t/t/t/t', [404]],
  [`/hls/t/${long('x')}/nobody/index.m3u8`, [404]],
];

describe('a request that nobody sensible makes', () => {
  test.each(table.map(([target, statuses]) => [target.slice(0, 90), target, statuses] as const))(
    '%s',
    async (_title, target, statuses) => {
      const startedMs = performance.now();
      const { status, headers, body } = await exchange(rig.base, {
        path: target.replaceAll('FOLDER', folder),
      });
      expect(performance.now() - startedMs).toBeLessThan(atOnceMs);
      expect(statuses).toContain(status);
      if (status === 200) {
        expect(body.subarray(0, 7).toString()).toBe('#EXTM3U');
        return;
      }
      expect(headers['content-type']).toBe('application/problem+json');
      expect(headers['cache-control']).toBe(status === 404 ? 'max-age=1' : 'no-store');
      expect(body.length).toBeLessThan(1_000);
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'])('%s', async (method) => {
    const { status, headers } = await exchange(rig.url, { method });
    expect([status, headers['allow'], headers['cache-control']]).toEqual([
      405,
      'GET, HEAD, OPTIONS',
      'no-store',
    ]);
  });

  test('leaves the stream as it was, and no bug was met', async () => {
    expect((await exchange(rig.url)).status).toBe(200);
    expect(rig.warnings).toEqual([]);
  });
});

test('who leaves while waiting gives its place back at once', async () => {
  await using small = await openHlsRig({ maxBlockedRequests: 10, blockLimitMs: 60_000 });
  const feed = new EpochFeed();
  small.packager.accept(feed.epoch);
  await feed.advanceTo(16_500);
  const { body } = await exchange(small.url);
  const name = /^[\w-]+\/v0\.m3u8$/m.exec(body.toString())?.[0] ?? '';
  const text = (await exchange(new URL(name, small.url).href)).body.toString();
  const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
  const next = first + (text.match(/#EXTINF/g)?.length ?? 0) + 1;
  const target = `${new URL(name, small.url).href}?_HLS_msn=${next}`;
  const { port, pathname, search } = new URL(target);
  const send = (): Socket => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  };
  const leave = async (sockets: readonly Socket[]): Promise<void> => {
    for (const socket of sockets) {
      socket.destroy();
      await once(socket, 'close');
    }
  };
  for (let round = 0; round < 3; round++) {
    // Ten wait, and the eleventh to arrive is refused.
    const sockets = Array.from({ length: 11 }, send);
    expect(await Promise.race(sockets.map(firstLine))).toContain(' 503 ');
    await leave(sockets);
    await expect
      .poll(
        async () => {
          const one = send();
          const answer = await Promise.race([firstLine(one), sleep(300, 'waits')]);
          await leave([one]);
          return answer;
        },
        { timeout: 20_000 },
      )
      .toBe('waits');
  }
});

async function firstLine(socket: Socket): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString().split('\r\n', 1)[0] ?? '';
}
