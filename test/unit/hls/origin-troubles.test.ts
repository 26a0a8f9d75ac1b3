import { afterEach, describe, expect, test } from 'vitest';
import type { Obstacle } from '#src/core/cmaf.ts';
import { codeOf, exchange } from '#test/kit/hls-http.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { openHlsRig, streamId, type HlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

/** Address of the playlist of the picture. */
async function playlistUrl(rig: HlsRig): Promise<string> {
  const { body } = await exchange(rig.url);
  return new URL(/[\w-]+\/v0\.m3u8/.exec(body.toString())?.[0] ?? '', rig.url).href;
}
async function readAt(url: string): Promise<ReadPlaylist> {
  return readMediaPlaylist((await exchange(url)).body.toString());
}

describe('when FFmpeg is in the way', () => {
  let rig: HlsRig;
  let obstacle: Obstacle | undefined;
  const refusal = async (url: string): Promise<unknown[]> => {
    const answer = await exchange(url);
    return [answer.status, codeOf(answer), answer.headers['retry-after'], answer.headers['cache-control']];
  };
  afterEach(() => rig[Symbol.asyncDispose]());

  test('who asks for a stream that cannot begin is told at once, over DASH too, and sees it when it can', async () => {
    rig = await openHlsRig({ startWaitMs: 10_000 });
    obstacle = { code: 'ffmpeg-missing', retryAfterMs: 3_000 };
    rig.packager.obstructedBy(() => obstacle);
    const manifest = rig.url.replace('index.m3u8', 'manifest.mpd');
    for (const url of [rig.url, manifest])
      expect(await refusal(url)).toEqual([503, 'ffmpeg-missing', '3', 'no-store']);
    obstacle = undefined;
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(12_700);
    expect((await exchange(rig.url)).status).toBe(200);
  });

  test('what is played goes on to be served, and who waits in vain is told why', async () => {
    rig = await openHlsRig({ blockLimitMs: 1_000, startWaitMs: 30 });
    obstacle = { code: 'ffmpeg-restarting', retryAfterMs: 100 };
    rig.packager.obstructedBy(() => obstacle);
    expect(await refusal(rig.url)).toEqual([503, 'ffmpeg-restarting', '1', 'no-store']);
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(15_050);
    obstacle = { code: 'ffmpeg-failed', retryAfterMs: 29_001 };
    const url = await playlistUrl(rig);
    const { segments, hints } = await readAt(url);
    const failed = [503, 'ffmpeg-failed', '30', 'no-store'];
    expect(await refusal(`${url}?_HLS_msn=${(segments.at(-1)?.msn ?? 0) + 1}`)).toEqual(failed);
    expect(await refusal(new URL(hints[0] ?? '', url).href)).toEqual(failed);
  });
});

test('streams that ended are played to their end, though their publisher is back', async () => {
  await using rig = await openHlsRig();
  const feed = new EpochFeed();
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(14_500);
  const oldUrl = await playlistUrl(rig);
  rig.packager.finish();
  const next = new EpochFeed();
  rig.origin.packager(streamId('live')).accept(next.epoch);
  await next.advanceTo(12_700);
  const newUrl = await playlistUrl(rig);
  expect(newUrl).not.toBe(oldUrl);
  expect((await exchange(newUrl)).body.toString()).not.toContain('#EXT-X-ENDLIST');
  const ended = await exchange(`${oldUrl}?_HLS_msn=99&_HLS_part=0`);
  expect(ended.body.toString()).toContain('#EXT-X-ENDLIST');
  const { segments } = await readAt(oldUrl);
  expect(segments.length).toBeGreaterThan(1);
  for (const uri of segments.flatMap((segment) => [segment.map, segment.uri]))
    expect((await exchange(new URL(uri ?? '', oldUrl).href)).status).toBe(200);
});
