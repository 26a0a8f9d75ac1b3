import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, exchange } from '#test/kit/hls-http.ts';
import { type HlsRig, openHlsRig, quickHls } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

/** What one client can ask for before it is there, beside others who wait for it through the same cache. */
describe('what is missing', () => {
  let rig: HlsRig;
  let feed: EpochFeed;
  let folder = '';
  let atMs = 16_500;
  beforeAll(async () => {
    rig = await openHlsRig({ ...quickHls, storyboard: true, windowSegments: 4 });
    rig.packager.accept((feed = new EpochFeed()).epoch);
    await feed.advanceTo(atMs);
    folder = /^([\w-]+)\/v0\.m3u8$/m.exec((await exchange(rig.url)).body.toString())?.[1] ?? '';
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const get = (path: string): Promise<Answer> => exchange(`${rig.base}/hls/live/${path}`);
  const told = async (path: string): Promise<readonly unknown[]> => {
    const { status, headers } = await get(path);
    return [status, headers['cache-control']];
  };
  const playlist = async (id: string): Promise<string> => (await get(`${folder}/${id}.m3u8`)).body.toString();

  test('and may come is remembered by nobody, and is there when it has come', async () => {
    for (let round = 0; round < 5; round++) {
      const names: string[] = [];
      for (const id of ['v0', 'a0']) {
        const text = await playlist(id);
        const hinted = Number(/PRELOAD-HINT:TYPE=PART,URI="\w+_e1_p(\d+)/.exec(text)?.[1]);
        const newest = Number(
          text
            .match(/_s\d+\.m4s/g)
            ?.at(-1)
            ?.slice(2, -4),
        );
        for (let ahead = 1; ahead <= 5; ahead++)
          names.push(`${id}_e1_p${hinted + ahead}.m4s`, `${id}_e1_s${newest + ahead + 2}.m4s`);
        names.push(`${id}_e2_p${hinted + 1}.m4s`, `${id}_e2.mp4`, `${id}_e2_s${newest + 3}.m4s`);
      }
      names.push('v1.m3u8', 'v1_e1.mp4', 'v1_e1_p1.m4s', 's0.m3u8', 's0_e1_p1.vtt', 's0_e1_s9.vtt');
      names.push('v1i.m3u8', 'story_9.jpg', 'v0_e1_g9.m4s');
      for (const name of names)
        expect([name, ...(await told(`${folder}/${name}`))]).toEqual([name, 404, 'no-store']);
      await feed.advanceTo((atMs += 600));
      const listed = [...(await playlist('v0')).matchAll(/EXT-X-PART:.*URI="([^"]+)"/g)];
      const asked = listed.flatMap(([, name = '']) => (names.includes(name) ? name : []));
      expect(asked.length).toBeGreaterThan(0);
      for (const name of asked)
        expect(await told(`${folder}/${name}`)).toEqual([200, 'public, max-age=3600, immutable']);
    }
    expect(await told('steering.json')).toEqual([404, 'no-store']);
  });

  test('and cannot come any more is remembered for a second', async () => {
    await feed.advanceTo((atMs += 20_000));
    for (const path of [
      `${folder}/v0_e1_p1.m4s`,
      `${folder}/v0_e1_s1.m4s`,
      `${folder}/a0_e1_s1.m4s`,
      `${folder}/v0_e0.mp4`,
      'AAAAAAAA/v0.m3u8',
      'AAAAAAAA/v0_e1_p99999.m4s',
    ])
      expect([path, ...(await told(path))]).toEqual([path, 404, 'max-age=1']);
  });

  test.each([
    ['FOLDER/v0.m3u8?_HLS_msn=x', 400],
    ['FOLDER/v9.m3u8?a=b', 404],
    ['AAAAAAAA/v0.m3u8', 404],
    ['manifest.mpd/x.mpd', 404],
  ])('and is a playlist varies as playlists do: %s', async (path, status) => {
    const answer = await get(path.replace('FOLDER', folder));
    expect([answer.status, answer.headers.vary]).toEqual([status, 'Accept-Encoding']);
    const media = await get(`${folder}/v0_e1_p99999.m4s?x=y.m3u8`);
    expect([media.status, media.headers.vary]).toEqual([404, undefined]);
  });
});
