import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHlsRig, type HlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { until } from '#test/kit/wait.ts';

let rig: HlsRig;
let feed: EpochFeed;
/** Of the media's URLs. */
let folder: string;

async function start(settings: Parameters<typeof openHlsRig>[0] = {}): Promise<void> {
  rig = await openHlsRig({ segmentTargetMs: 2_000, partTargetMs: 250, measureMs: 300, ...settings });
  feed = new EpochFeed(1);
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(15_000);
  const multivariant = await (await fetch(rig.url)).text();
  folder = /([\w-]+)\/v0\.m3u8/.exec(multivariant)?.[1] ?? '';
}

beforeEach(() => start());
afterEach(() => rig[Symbol.asyncDispose]());

const url = (path: string): string => `${rig.base}/hls/live/${path}`;
const mediaUrl = (name: string): string => url(`${folder}/${name}`);

describe('the MPD', () => {
  test('is cached as a playlist is, compressed where gzip is welcome', async () => {
    const answer = await fetch(url('manifest.mpd'));
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/dash+xml',
      'cache-control': 'max-age=1',
      vary: 'Accept-Encoding',
      'content-encoding': 'gzip',
      'access-control-allow-origin': '*',
    });
    const plain = await fetch(url('manifest.mpd'), { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await answer.text());
  });

  test('counts who asks for it as a viewer', async () => {
    await fetch(url('manifest.mpd'));
    expect(rig.packager.report.viewers).toBe(1);
  });

  test('is waited for while the stream starts, and not for ever', async () => {
    await using waiting = await openHlsRig({ startWaitMs: 50 });
    const answer = await fetch(`${waiting.base}/hls/live/manifest.mpd`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'hls-not-ready' });
  });

  test('is not there where settings say so', async () => {
    await rig[Symbol.asyncDispose]();
    await start({ dash: false });
    for (const path of ['manifest.mpd', 'time']) expect((await fetch(url(path))).status).toBe(404);
    expect((await fetch(mediaUrl('v0_e1_s3.m4s'))).status).toBe(404);
  });
});

test('the clock is told to the millisecond and never kept', async () => {
  const beforeMs = Date.now();
  const answer = await fetch(url('time'));
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(text)).toBeGreaterThanOrEqual(beforeMs);
  expect(Date.parse(text)).toBeLessThanOrEqual(Date.now());
});

describe('a segment that is being filled', () => {
  test('comes as it grows, with the headers that it will have', async () => {
    const chunks: Buffer[] = [];
    let headers: NodeJS.Dict<string | string[]> = {};
    let ended = false;
    const asked = request(mediaUrl('v0_e1_s3.m4s'), (answer) => {
      ({ headers } = answer);
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => (ended = true));
    });
    asked.end();
    await until('the first parts', () => chunks.length > 0, { timeoutMs: 20_000 });
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'cache-control': 'public, max-age=3600, immutable',
      'transfer-encoding': 'chunked',
    });
    expect(ended).toBe(false);
    await feed.advanceTo(16_500);
    await until('the end', () => ended, { timeoutMs: 20_000 });
    const whole = await fetch(mediaUrl('v0_e1_s3.m4s'));
    expect(whole.headers.get('content-length')).not.toBeNull();
    expect(Buffer.concat(chunks).equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
  });

  test('breaks off without an end when the publisher does not go on', async () => {
    await rig[Symbol.asyncDispose]();
    await start({ blockLimitMs: 1_000 });
    const answer = await fetch(mediaUrl('v0_e1_s3.m4s'));
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  test('HEAD gets no body', async () => {
    const asked = fetch(mediaUrl('v0_e1_s3.m4s'), { method: 'HEAD' });
    await feed.advanceTo(16_500);
    const answer = await asked;
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  test('far ahead there is nothing to wait for', async () => {
    const answer = await fetch(mediaUrl('v0_e1_s9.m4s'));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'hls-no-such-file' });
  });
});
