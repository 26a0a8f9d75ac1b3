import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '#test/kit/certificates.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { Http2Client } from '#test/kit/http2-client.ts';
import { openVodDoor, type VodDoor } from '#test/kit/vod-door.ts';

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Side {
  readonly door: VodDoor;
  readonly ask: (name: string, headers?: Record<string, string>, method?: string) => Promise<Got>;
}

const life = new AsyncDisposableStack();
let scratch: string;
const sides = new Map<string, Side>();
const media = 'v0_1.mp4';
/** Written then; whole seconds, as a header tells them. */
const modifiedAt = new Date('2026-03-01T12:00:00Z');

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'recorded-files-'));
  life.defer(() => rm(scratch, { recursive: true, force: true }));
  const plain = life.use(await openVodDoor());
  const pathOf = (door: VodDoor, name: string): string => `/vod/live/${door.id}/${name}`;
  sides.set('HTTP/1.1', {
    door: plain,
    ask: (name, headers = {}, method = 'GET') =>
      exchange(`${plain.base}${pathOf(plain, name)}`, { method, headers }),
  });
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await makeCertificate(scratch, 'localhost');
  const secured = life.use(await openVodDoor({ http: { tlsCertFile, tlsKeyFile } }));
  const client = life.use(await Http2Client.open(secured.port));
  sides.set('HTTP/2', {
    door: secured,
    ask: (name, headers = {}, method = 'GET') =>
      client.ask(pathOf(secured, name), { headers: { ':method': method, ...headers } }),
  });
  for (const { door } of sides.values()) await utimes(join(door.folder, media), modifiedAt, modifiedAt);
});
afterAll(() => life.disposeAsync());

describe.each(['HTTP/1.1', 'HTTP/2'])('a recorded file over %s, by RFC 9110', (version) => {
  const ask: Side['ask'] = (...asked) => side().ask(...asked);
  const side = (): Side => sides.get(version) as Side;
  const whole = (): Buffer => side().door.files[media] as Buffer;
  let etag: string;

  beforeAll(async () => {
    etag = (await ask(media)).headers.etag ?? '';
  });

  test('8.6, 8.8, 14.3: says how long it is, which version, and that it has ranges', async () => {
    const got = await ask(media);
    expect([got.status, got.body.equals(whole())]).toEqual([200, true]);
    expect(got.headers).toMatchObject({
      'content-length': '2100',
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'last-modified': modifiedAt.toUTCString(),
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(etag).toMatch(/^"[a-z\d-]+"$/);
  });

  test('9.3.2: HEAD says what GET says, without a body', async () => {
    const [head, get] = [await ask(media, {}, 'HEAD'), await ask(media)];
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const name of ['content-length', 'etag', 'last-modified', 'accept-ranges', 'cache-control'])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
  });

  test('14.2: HEAD has no ranges', async () => {
    for (const range of ['bytes=0-9', 'bytes=99999-']) {
      const got = await ask(media, { range }, 'HEAD');
      expect([got.status, got.headers['content-range'], got.headers['content-length']]).toEqual([
        200,
        undefined,
        '2100',
      ]);
    }
  });

  test.each<[string, number, number]>([
    ['bytes=0-0', 0, 0],
    ['bytes=100-299', 100, 299],
    ['bytes=2000-', 2_000, 2_099],
    ['bytes=2000-99999', 2_000, 2_099],
    ['bytes=-100', 2_000, 2_099],
    ['bytes=-99999', 0, 2_099],
  ])('14.4, 15.3.7: %s is a part, with the version that it is of', async (range, start, end) => {
    const got = await ask(media, { range });
    expect([got.status, got.headers['content-range']]).toEqual([206, `bytes ${start}-${end}/2100`]);
    expect(got.headers['content-length']).toBe(String(end - start + 1));
    expect(got.body.equals(whole().subarray(start, end + 1))).toBe(true);
    expect(got.headers).toMatchObject({ etag, 'cache-control': 'public, max-age=31536000, immutable' });
  });

  test.each(['bytes=0-9,20-29', 'bytes=9-0', 'bytes=x', 'items=0-9', 'bytes'])(
    '14.2: %s is answered with all of it',
    async (range) => {
      const got = await ask(media, { range });
      expect([got.status, got.body.length]).toEqual([200, 2_100]);
    },
  );

  test.each(['bytes=2100-', 'bytes=999999999-', 'bytes=-0'])(
    '15.5.17: %s is refused in a way that no cache keeps for the file',
    async (range) => {
      const got = await ask(media, { range });
      expect([got.status, got.headers['content-range'], got.body.length]).toEqual([416, 'bytes */2100', 0]);
      expect(got.headers['cache-control']).toBe('no-store');
      for (const name of ['etag', 'last-modified', 'content-type']) expect(got.headers[name]).toBeUndefined();
    },
  );

  test('13.1.2: what somebody has is not sent again, whatever a cache made of its tag', async () => {
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const got = await ask(media, { 'if-none-match': known });
      expect([got.status, got.body.length]).toEqual([304, 0]);
      // 15.4.5: what a 200 would have said, so that what is kept lives on.
      expect(got.headers).toMatchObject({ etag, 'cache-control': 'public, max-age=31536000, immutable' });
      expect(got.headers['content-type']).toBeUndefined();
    }
    expect((await ask(media, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await ask(media, { 'if-none-match': etag, range: 'bytes=0-9' })).status).toBe(304);
  });

  test('13.1.3: nor is what has not changed since', async () => {
    const since = (date: string, more = {}): Promise<Got> =>
      ask(media, { 'if-modified-since': date, ...more });
    expect((await since(modifiedAt.toUTCString())).status).toBe(304);
    expect((await since(new Date().toUTCString())).status).toBe(304);
    expect((await since(new Date(modifiedAt.getTime() - 1_000).toUTCString())).status).toBe(200);
    expect((await since(modifiedAt.toUTCString(), { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('13.1.1, 13.1.4: what is asked of another version is refused', async () => {
    const earlier = new Date(modifiedAt.getTime() - 1_000).toUTCString();
    for (const headers of [{ 'if-match': '"other"' }, { 'if-unmodified-since': earlier }]) {
      const got = await ask(media, headers);
      expect([got.status, got.headers['cache-control']]).toEqual([412, 'no-store']);
      expect(JSON.parse(got.body.toString())).toMatchObject({ code: 'precondition-failed' });
    }
    for (const headers of [{ 'if-match': etag }, { 'if-unmodified-since': modifiedAt.toUTCString() }])
      expect((await ask(media, headers)).status).toBe(200);
  });

  test('13.1.5: a download goes on only where it is the same version', async () => {
    const range = 'bytes=100-';
    const later = new Date(modifiedAt.getTime() + 1_000).toUTCString();
    for (const same of [etag, modifiedAt.toUTCString()])
      expect((await ask(media, { range, 'if-range': same })).status).toBe(206);
    for (const other of ['"other"', `W/${etag}`, later, 'nonsense']) {
      const got = await ask(media, { range, 'if-range': other });
      expect([got.status, got.body.length]).toEqual([200, 2_100]);
    }
    // Before it is looked whether the range is there at all.
    expect((await ask(media, { range: 'bytes=99999-', 'if-range': '"other"' })).status).toBe(200);
  });

  test('8.8.3: what is made again under the same name is another version', async () => {
    const { door } = side();
    const name = 'poster.jpg';
    const first = await ask(name);
    expect(first.headers['cache-control']).toBe('public, max-age=3600');
    await writeFile(join(scratch, 'again.jpg'), door.files[name] as Buffer);
    await rename(join(scratch, 'again.jpg'), join(door.folder, name));
    const second = await ask(name, { 'if-range': first.headers.etag ?? '', range: 'bytes=10-' });
    expect([second.status, second.body.length]).toEqual([200, 300]);
    expect(second.headers.etag).not.toBe(first.headers.etag);
  });

  test('9.3.7: OPTIONS tells what there is to do', async () => {
    const got = await ask(media, {}, 'OPTIONS');
    expect([got.status, got.headers['allow']]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const refused = await ask(media, {}, 'DELETE');
    expect([refused.status, refused.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('12.5.3, 8.8.3.3: playlists come compressed where that is welcome, as a version of their own', async () => {
    const [plain, zipped] = [await ask('v0.m3u8'), await ask('v0.m3u8', { 'accept-encoding': 'gzip' })];
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    for (const { headers } of [plain, zipped]) expect(headers.vary).toContain('Accept-Encoding');
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
    const again = await ask('v0.m3u8', {
      'accept-encoding': 'gzip',
      'if-none-match': zipped.headers.etag ?? '',
    });
    expect([again.status, again.headers.vary]).toEqual([304, expect.stringContaining('Accept-Encoding')]);
    expect((await ask('v0.m3u8', { 'if-none-match': zipped.headers.etag ?? '' })).status).toBe(200);
  });

  test('Fetch 3.2: pages of others may ask for ranges and read which they got', async () => {
    const preflight = await ask(
      media,
      { origin: 'https://page.example', 'access-control-request-method': 'GET' },
      'OPTIONS',
    );
    expect(preflight.headers['access-control-allow-headers']).toMatch(/\bRange\b/);
    const got = await ask(media, { origin: 'https://page.example', range: 'bytes=0-9' });
    expect(got.headers['access-control-allow-origin']).toBe('*');
    expect(got.headers['access-control-expose-headers']).toMatch(/\bContent-Range\b/);
  });
});
