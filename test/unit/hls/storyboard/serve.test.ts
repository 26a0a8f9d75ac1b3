import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#src/core/clock.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import type { PictureDesk } from '#src/core/pictures.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { type HlsGate, openHlsOrigin } from '#src/hls/origin.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { openServer, streamId } from '#test/kit/hls-rig.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const pictures: PictureDesk = {
  draw: () => Promise.resolve({ jpeg: Buffer.from('a picture'), tileWidth: 160, tileHeight: 90 }),
};
const publicUntilMs = Date.now() + 60_000;
const refused = new Failure('unauthorized', 'token-missing', 'a token is needed');

let life: AsyncDisposableStack;
let base = '';

beforeEach(async () => {
  life = new AsyncDisposableStack();
  // Opened by the header of a token, or by any pass in the path.
  const gate: HlsGate = ({ headers }, _response, _folder, pass) => {
    if (pass !== undefined) return Promise.resolve({ audience: { publicUntilMs }, maxHeight: undefined });
    if (headers.authorization === undefined) return Promise.reject(refused);
    return Promise.resolve({ audience: 'private', maxHeight: undefined });
  };
  const deps = { clock: systemClock, log: silentLog, pictures, gate };
  const origin = life.use(openHlsOrigin(deps, hlsConfig.parse({ storyboard: true })));
  const feed = new EpochFeed(1, ['video']);
  origin.packager(streamId('live')).accept(feed.epoch);
  await feed.advanceTo(20_500);
  await settled();
  ({ base } = life.use(await openServer((request, response) => void origin.handle(request, response))));
});
afterEach(() => life.disposeAsync());

const token = { authorization: 'Bearer token' };
const imageIn = (list: Buffer): string => /\S+(?=#xywh)/.exec(list.toString())?.[0] ?? 'none';

describe('a storyboard is had as the stream is', () => {
  test('by nobody without permission', async () => {
    const { body } = await exchange(`${base}/hls/live/storyboard.vtt`, { headers: token });
    for (const path of ['storyboard.vtt', imageIn(body)])
      expect((await exchange(`${base}/hls/live/${path}`)).status).toBe(401);
  });

  test('with a token, kept by who asked alone', async () => {
    const list = await exchange(`${base}/hls/live/storyboard.vtt`, { headers: token });
    expect(list.headers['cache-control']).toBe('private, max-age=2');
    const image = await exchange(`${base}/hls/live/${imageIn(list.body)}`, { headers: token });
    expect([image.status, image.headers['cache-control'], image.headers['vary']]).toEqual([
      200,
      'private, max-age=3600, immutable',
      'Authorization',
    ]);
  });

  test('with a pass in the path, which leads on to the images, until the pass ends', async () => {
    const url = `${base}/hls/t/pass/live/storyboard.vtt`;
    const list = await exchange(url);
    expect([list.status, list.headers['cache-control']]).toEqual([200, 'max-age=2']);
    const image = await exchange(new URL(imageIn(list.body), url).href);
    expect([image.status, image.body.toString()]).toEqual([200, 'a picture']);
    expect(image.headers['cache-control']).toMatch(/^public, max-age=\d\d, immutable$/);
  });

  test('compressed, unchanged, in part, and as a head, where that is asked for', async () => {
    const url = `${base}/hls/live/storyboard.vtt`;
    const plain = await exchange(url, { headers: token });
    const gzip = await exchange(url, { headers: { ...token, 'accept-encoding': 'gzip' } });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    const image = new URL(imageIn(plain.body), url).href;
    const { headers } = await exchange(image, { headers: token });
    const again = await exchange(image, { headers: { ...token, 'if-none-match': headers.etag ?? '' } });
    expect(again.status).toBe(304);
    const part = await exchange(image, { headers: { ...token, range: 'bytes=2-4' } });
    expect([part.status, part.body.toString()]).toEqual([206, 'pic']);
    const head = await exchange(image, { headers: token, method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '9', 0]);
    expect((await exchange(url, { headers: token, method: 'POST' })).status).toBe(405);
  });
});
