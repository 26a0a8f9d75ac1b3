import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import { type Answer, codeOf, exchange, maxAgeOf } from '#test/kit/hls-http.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { openHlsRig, streamId, type HlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

/** Address of a media playlist. */
async function playlistUrl(rig: HlsRig, id = 'v0'): Promise<string> {
  const { body } = await exchange(rig.url);
  const name = new RegExp(`[\\w-]+/${id}\\.m3u8`).exec(body.toString())?.[0] ?? '';
  return new URL(name, rig.url).href;
}
async function readAt(url: string): Promise<ReadPlaylist> {
  return readMediaPlaylist((await exchange(url)).body.toString());
}

describe('before the first segment', () => {
  let rig: HlsRig;
  afterEach(() => rig[Symbol.asyncDispose]());

  test('an unknown stream is 404 at once', async () => {
    rig = await openHlsRig();
    for (const path of [
      '/hls/nobody/index.m3u8',
      '/hls/',
      '/hls/..%2f/index.m3u8',
      `/hls/${'x'.repeat(300)}/index.m3u8`,
    ]) {
      const answer = await exchange(rig.base + path);
      expect([answer.status, codeOf(answer), answer.headers['cache-control']]).toEqual([
        404,
        'hls-no-such-stream',
        'max-age=1',
      ]);
    }
  });

  test('a starting stream makes the request wait, and answers when it is there', async () => {
    rig = await openHlsRig({ startWaitMs: 10_000 });
    const waiting = exchange(rig.url);
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(12_700);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(maxAgeOf(answer)).toBe(2);
    expect(answer.body.toString()).toMatch(/AUDIO="audio".*\n[\w-]{8}\/v0\.m3u8\n/);
  });

  test('a stream that does not start is 404 with Retry-After; one that ended without media too', async () => {
    rig = await openHlsRig({ startWaitMs: 30 });
    const answer = await exchange(rig.url);
    expect([answer.status, codeOf(answer), answer.headers['retry-after']]).toEqual([
      404,
      'hls-not-ready',
      '1',
    ]);
    rig.packager.finish();
    expect(codeOf(await exchange(rig.url))).toBe('hls-not-ready');
  });
});

describe('on the air', () => {
  let rig: HlsRig;
  let feed: EpochFeed;
  let url: string;
  beforeAll(async () => {
    rig = await openHlsRig({ blockLimitMs: 1_000 });
    feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(15_050);
    url = await playlistUrl(rig);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  test('other paths are not for the origin', async () => {
    expect((await exchange(`${rig.base}/health`)).status).toBe(421);
    expect((await exchange(`${rig.base}/hlsx`)).status).toBe(421);
  });

  test('a playlist goes out compressed when that is wanted, cached for a second, readable from everywhere', async () => {
    const packed = await exchange(url, { headers: { 'accept-encoding': 'gzip' } });
    const plain = await exchange(url);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
    for (const answer of [packed, plain])
      expect(answer.headers).toMatchObject({
        'cache-control': 'max-age=1',
        vary: 'Accept-Encoding',
        'access-control-allow-origin': '*',
        'content-type': 'application/vnd.apple.mpegurl',
      });
    expect(packed.headers['access-control-expose-headers']).toContain('Age');
    expect(packed.headers.age).toBeUndefined();
  });

  test('HEAD, OPTIONS, and nothing that writes', async () => {
    const head = await exchange(url, { method: 'HEAD' });
    expect([head.status, head.body.length, Number(head.headers['content-length']) > 0]).toEqual([
      200,
      0,
      true,
    ]);
    const preflight = await exchange(url, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ]);
    const post = await exchange(url, { method: 'POST' });
    expect([post.status, codeOf(post)]).toEqual([405, 'hls-read-only']);
  });

  test('a blocked reload is answered by the part it waits for, to be cached long', async () => {
    const before = await readAt(url);
    const last = before.segments.at(-1);
    const waiting = exchange(`${url}?_HLS_msn=${last?.msn ?? 0}&_HLS_part=${last?.parts.length ?? 0}`);
    await settled();
    await feed.advanceTo(15_300);
    const answer = await waiting;
    expect(maxAgeOf(answer)).toBe(48);
    const parts = readMediaPlaylist(answer.body.toString()).segments.at(-1)?.parts ?? [];
    expect(parts.length).toBe((last?.parts.length ?? 0) + 1);
  });

  test('the hinted part is sent when it is complete; others are missing', async () => {
    const { hints } = await readAt(url);
    const waiting = exchange(new URL(hints[0] ?? '', url).href);
    const missing = await exchange(new URL('v0_e1_p9999.m4s', url).href);
    expect([missing.status, codeOf(missing)]).toEqual([404, 'hls-no-such-file']);
    await feed.advanceTo(15_520);
    const part = await waiting;
    expect([part.status, part.headers['content-type'], maxAgeOf(part)]).toEqual([200, 'video/mp4', 3_600]);
    expect(part.body.readUInt32BE(0)).toBeGreaterThan(0);
    expect((await exchange(part.url)).body).toEqual(part.body);
  });

  test('init segments are kept for a year, segments for an hour and made of their parts', async () => {
    const playlist = await readAt(url);
    const [segment] = playlist.segments;
    const init = await exchange(new URL(segment?.map ?? '', url).href);
    expect(init.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const whole = await exchange(new URL(segment?.uri ?? '', url).href);
    const parts = await Promise.all(
      (segment?.parts ?? []).map((part) => exchange(new URL(part.uri, url).href)),
    );
    expect(whole.body).toEqual(Buffer.concat(parts.map((part) => part.body)));
    expect(whole.headers['cache-control']).toBe('public, max-age=3600, immutable');
  });

  test('who waits too long gets 503, not to be cached, and what comes next is not harmed', async () => {
    const { segments, hints } = await readAt(url);
    const msn = (segments.at(-1)?.msn ?? 0) + 1;
    const [reload, part] = await Promise.all([
      exchange(`${url}?_HLS_msn=${msn}`),
      exchange(new URL(hints[0] ?? '', url).href),
    ]);
    for (const answer of [reload, part])
      expect([
        answer.status,
        codeOf(answer),
        answer.headers['cache-control'],
        answer.headers['retry-after'],
      ]).toEqual([...[503, 'hls-blocked-too-long', 'no-store', '1']]);
  });

  test('names of another incarnation, of no rendition and of no kind are missing', async () => {
    for (const name of [
      '../AAAAAAAA/v0.m3u8',
      'v9.m3u8',
      'v0.txt',
      'v0_e1',
      'v0_e9.mp4',
      '%2e%2e/v0.m3u8',
      './',
    ])
      expect(codeOf(await exchange(new URL(name, url).href)), name).toBe('hls-no-such-file');
  });

  test('players and bytes are counted', async () => {
    const before = rig.packager.report;
    await exchange(url, { headers: { 'user-agent': 'one' } });
    const { body } = await exchange(url, { headers: { 'user-agent': 'two' } });
    expect(rig.packager.report.viewers).toBe(before.viewers + 2);
    expect(rig.packager.report.requests).toBe(before.requests + 2);
    expect(rig.packager.report.bytesOut).toBeGreaterThanOrEqual(before.bytesOut + body.length);
  });
});

describe('blocked requests', () => {
  let rig: HlsRig;
  let feed: EpochFeed;
  beforeEach(async () => {
    rig = await openHlsRig({ maxBlockedRequests: 10 });
    feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(12_700);
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  test('of players that leave make room again', async () => {
    const url = await playlistUrl(rig);
    const waiting = Array.from({ length: 10 }, () => {
      const abort = new AbortController();
      const gone = exchange(`${url}?_HLS_msn=2`, { signal: abort.signal }).catch(() => 'gone');
      return { abort, gone };
    });
    const refused = async (): Promise<Answer> =>
      exchange(`${url}?_HLS_msn=2`, { signal: AbortSignal.timeout(300) });
    await expect
      .poll(async () => (await refused().catch(() => undefined))?.status, { timeout: 5_000 })
      .toBe(503);
    for (const { abort, gone } of waiting) {
      abort.abort();
      expect(await gone).toBe('gone');
    }
    await expect
      .poll(async () => (await refused().catch(() => undefined))?.status, { timeout: 5_000 })
      .toBeUndefined();
    const accepted = exchange(`${url}?_HLS_msn=2`);
    await settled();
    await feed.advanceTo(14_500);
    expect((await accepted).status).toBe(200);
  });

  test('for a hinted part get an empty box when its epoch ended without it; the next one has other names', async () => {
    const url = await playlistUrl(rig);
    // Exactly at the end of a part: nothing of this epoch is left that could come under the hinted name.
    await feed.advanceTo(12_799);
    const { hints } = await readAt(url);
    const waiting = exchange(new URL(hints[0] ?? '', url).href);
    const next = new EpochFeed(2);
    await settled();
    rig.packager.accept(next.epoch);
    await next.advanceTo(11_000);
    const answer = await waiting;
    expect([answer.status, answer.body.subarray(4).toString()]).toEqual([200, 'free']);
    const { segments } = await readAt(url);
    const continued = segments.find((segment) => segment.discontinuity);
    expect(continued?.map).toBe('v0_e2.mp4');
    expect(continued?.parts[0]?.uri).toBe(hints[0]?.replace('v0_e1_', 'v0_e2_'));
  });

  test('are answered with the final playlist when the stream ends', async () => {
    const url = await playlistUrl(rig);
    const waiting = exchange(`${url}?_HLS_msn=2`);
    await settled();
    rig.packager.finish();
    expect((await waiting).body.toString()).toContain('#EXT-X-ENDLIST');
    const directives = await exchange(`${url}?_HLS_msn=1&_HLS_part=99&_HLS_skip=YES`);
    expect(directives.body.toString()).toContain('#EXT-X-ENDLIST');
  });
});

describe('streams', () => {
  const open = (settings = {}): ReturnType<typeof openHlsOrigin> =>
    openHlsOrigin({ clock: systemClock, log: silentLog }, hlsConfig.parse(settings));

  test('have one packager while they live, and a fresh one after the end', async () => {
    await using origin = open();
    const first = origin.packager(streamId('a'));
    expect(origin.packager(streamId('a'))).toBe(first);
    first.finish();
    const second = origin.packager(streamId('a'));
    expect(second).not.toBe(first);
    expect(await first.closed).toEqual({ by: 'owner' });
    expect(origin.packager(streamId('a'))).toBe(second);
  });

  test('that ended stay readable for a while and are then unknown', async () => {
    await using rig = await openHlsRig({ lingerMs: 150 });
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(12_500);
    rig.packager.finish();
    expect((await exchange(rig.url)).status).toBe(200);
    await rig.packager.closed;
    await expect.poll(async () => codeOf(await exchange(rig.url))).toBe('hls-no-such-stream');
  });

  test('are bounded in number; ended ones give way first', async () => {
    await using origin = open({ maxStreams: 2 });
    const a = origin.packager(streamId('a'));
    origin.packager(streamId('b'));
    expect(() => origin.packager(streamId('c'))).toThrow(
      expect.objectContaining({ code: 'hls-too-many-streams' }),
    );
    a.finish();
    expect(origin.packager(streamId('c'))).toBeDefined();
  });
});
