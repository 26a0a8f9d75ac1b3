import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileTargets } from '#test/kit/hostile-targets.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { type HlsRig, openHlsRig, openServer } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

/** What the origin may take for a refusal; the machine has other things to do, so the best of a few tries counts. */
const atOnceMs = 5;
const tries = 20;
let rig: HlsRig;
let folder = '';
/** The same origin, and how long it had the last request. */
let watched: Awaited<ReturnType<typeof openServer>>;
let tookMs = Infinity;

beforeAll(async () => {
  rig = await openHlsRig({ blockLimitMs: 60_000, startWaitMs: 10_000 });
  const feed = new EpochFeed();
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(16_500);
  const { body } = await exchange(rig.url);
  watched = await openServer((request, response) => {
    const startedMs = performance.now();
    tookMs = Infinity;
    response.once('finish', () => (tookMs = performance.now() - startedMs));
    rig.origin.handle(request, response);
  });
  folder = /^([\w-]+)\/v0\.m3u8$/m.exec(body.toString())?.[1] ?? '';
});
afterAll(async () => {
  await watched[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

describe('a request that nobody sensible makes', () => {
  test.each(hostileTargets.map(([target, statuses]) => [target.slice(0, 90), target, statuses] as const))(
    '%s',
    async (_title, target, statuses) => {
      const path = target.replaceAll('FOLDER', folder);
      const { status, headers, body } = await exchange(watched.base, { path });
      for (let once = 1; tookMs > atOnceMs && once < tries; once++) await exchange(watched.base, { path });
      expect(tookMs).toBeLessThanOrEqual(atOnceMs);
      expect(statuses).toContain(status);
      expect(headers['access-control-allow-origin']).toBe('*');
      if (status === 200) {
        if (target.includes('.m3u8')) expect(body.subarray(0, 7).toString()).toBe('#EXTM3U');
        return;
      }
      expect(headers['content-type']).toBe('application/problem+json');
      expect(headers['cache-control']).toMatch(status === 404 ? /^(max-age=1|no-store)$/ : /^no-store$/);
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

describe('whatever waits', () => {
  test('gives up when its time is over, and gives its place back', async () => {
    await using short = await openHlsRig({ maxBlockedRequests: 10, blockLimitMs: 1_000, startWaitMs: 500 });
    const early = await exchange(short.url);
    expect([early.status, early.headers['cache-control']]).toEqual([404, 'max-age=1']);
    const feed = new EpochFeed();
    short.packager.accept(feed.epoch);
    await feed.advanceTo(16_500);
    const master = (await exchange(short.url)).body.toString();
    const playlist = new URL(/^[\w-]+\/v0\.m3u8$/m.exec(master)?.[0] ?? '', short.url);
    const text = (await exchange(playlist.href)).body.toString();
    const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    const open = first + (text.match(/#EXTINF/g)?.length ?? 0);
    const hint = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1] ?? '';
    const waiting = [
      `${playlist.href}?_HLS_msn=${open}`,
      `${playlist.href}?_HLS_msn=${open + 1}&_HLS_part=0`,
    ];
    for (const target of [...waiting, new URL(hint, playlist).href]) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(target)));
      for (const { status, headers } of answers)
        expect([status, headers['cache-control'], headers['retry-after']]).toEqual([503, 'no-store', '1']);
    }
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
