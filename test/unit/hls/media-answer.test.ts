import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendMedia } from '#src/hls/media-answer.ts';
import { type Answer, exchange } from '#test/kit/hls-http.ts';
import { openServer } from '#test/kit/hls-rig.ts';

/** Three chunks: 0 to 9, 10 to 29, 30 to 59. */
const chunks = [10, 20, 30].map((size, index) => Buffer.alloc(size, 97 + index));
const whole = Buffer.concat(chunks);
const etag = '"v0_e1_s3.m4s"';
let server: Awaited<ReturnType<typeof openServer>>;

beforeAll(async () => {
  server = await openServer((request, response) => {
    const lifetime = {
      audience: request.url === '/private' ? 'private' : 'public',
      cacheControl: 'public, max-age=3600, immutable',
    } as const;
    sendMedia(request, response, { name: 'v0_e1_s3.m4s', type: 'video/mp4', chunks, ...lifetime });
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (headers: Record<string, string> = {}, method = 'GET', path = '/'): Promise<Answer> =>
  exchange(server.base + path, { headers, method });

test('a file goes out whole, with its version', async () => {
  const { status, headers, body } = await get();
  expect([status, body.equals(whole)]).toEqual([200, true]);
  expect(headers).toMatchObject({
    'content-type': 'video/mp4',
    'content-length': '60',
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'public, max-age=3600, immutable',
    'access-control-allow-origin': '*',
  });
  expect(headers['vary']).toBeUndefined();
});

describe('a range', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=5-14', 5, 14],
    ['bytes=9-30', 9, 30],
    ['bytes=10-29', 10, 29],
    ['bytes=50-', 50, 59],
    ['bytes=-5', 55, 59],
    ['bytes=0-999999', 0, 59],
    ['bytes=-999', 0, 59],
  ])('%s', async (range, start, end) => {
    const { status, headers, body } = await get({ range });
    expect([status, headers['content-range'], headers['content-length']]).toEqual([
      206,
      `bytes ${start}-${end}/60`,
      String(end - start + 1),
    ]);
    expect(body.equals(whole.subarray(start, end + 1))).toBe(true);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      etag,
      'cache-control': 'public, max-age=3600, immutable',
    });
  });

  test.each(['bytes=60-', 'bytes=60-61', 'bytes=999999999999999-', 'bytes=-0'])(
    '%s is beyond the end',
    async (range) => {
      const { status, headers, body } = await get({ range });
      expect([status, headers['content-range'], body.length]).toEqual([416, 'bytes */60', 0]);
      expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
    },
  );

  test.each([
    'bytes=5-2',
    'bytes=0-0,2-3',
    'items=0-1',
    'bytes=a-b',
    'bytes= 0-1',
    'bytes=-',
    'bytes',
    '',
    `bytes=0-${'9'.repeat(16)}`,
    `bytes=${'0-1,'.repeat(1_000)}`,
  ])('that is none (%#) is not looked at', async (range) => {
    const { status, body } = await get({ range });
    expect([status, body.length]).toEqual([200, 60]);
  });

  test('is given of the version that is asked for, and of no other', async () => {
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    for (const other of [`W/${etag}`, '"other"', 'Sat, 21 Nov 2026 12:00:00 GMT', 'junk'])
      expect((await get({ range: 'bytes=0-1', 'if-range': other })).status).toBe(200);
  });

  test('means nothing to HEAD', async () => {
    const { status, headers, body } = await get({ range: 'bytes=0-1' }, 'HEAD');
    expect([status, headers['content-length'], body.length]).toEqual([200, '60', 0]);
  });
});

describe('who has it already', () => {
  test.each([etag, `W/${etag}`, `"a", ${etag}`, '*'])('is told so: %s', async (known) => {
    const { status, headers, body } = await get({ 'if-none-match': known });
    expect([status, body.length, headers['content-length']]).toEqual([304, 0, undefined]);
    expect(headers).toMatchObject({
      etag,
      'cache-control': 'public, max-age=3600, immutable',
      'access-control-allow-origin': '*',
    });
  });

  test('of another version gets this one', async () => {
    expect((await get({ 'if-none-match': '"v0_e1_s2.m4s"' })).status).toBe(200);
  });
});

test('what is for one viewer alone says so with every status', async () => {
  for (const headers of [{}, { range: 'bytes=0-1' }, { 'if-none-match': etag }])
    expect((await get(headers, 'GET', '/private')).headers).toMatchObject({
      'cache-control': 'private, max-age=3600, immutable',
      vary: 'Authorization',
    });
});
