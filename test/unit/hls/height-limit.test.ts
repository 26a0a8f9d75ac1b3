import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, codeOf, exchange } from '#test/kit/hls-http.ts';
import { openHlsRig, type HlsRig } from '#test/kit/hls-rig.ts';
import { settled, TrackFeed } from '#test/kit/hls-source.ts';

const sizes = { v0: 1080, v1: 540, v2: 270 } as const;

let rig: HlsRig;
let feeds: readonly TrackFeed[];
let incarnation: string;

/** A stream of three qualities, each in a run of its own size. */
async function begin(number: number, heights: Readonly<Record<string, number>>): Promise<void> {
  feeds = Object.entries(heights).map(
    ([rendition, height]) => new TrackFeed('video', { rendition, size: { width: 2 * height, height } }),
  );
  rig.packager.accept({
    ...{ epoch: number, startedWallMs: 1_700_000_000_000 + number * 60_000, baseMediaTimeMs: 10_000 },
    tracks: feeds.map(({ track }) => track),
  });
  for (let picture = 0; picture < 180; picture += 1) {
    for (const feed of feeds) feed.frame(1000 / 30, picture % 30 === 0);
    await settled();
  }
}

const get = (folder: string, path: string): Promise<Answer> => exchange(`${rig.base}/hls/${folder}/${path}`);
const textOf = async (folder: string, path: string): Promise<string> =>
  (await get(folder, path)).body.toString();
const listed = async (folder: string): Promise<readonly string[]> => {
  const uris = [...(await textOf(folder, 'index.m3u8')).matchAll(/^[\w-]+\/(v\d)\.m3u8$/gm)];
  return uris.map(([, id = '']) => id);
};
const pictures = async (folder: string): Promise<readonly string[]> => {
  const uris = [...(await textOf(folder, 'index.m3u8')).matchAll(/URI="[\w-]+\/(v\di)\.m3u8"/g)];
  return uris.map(([, id = '']) => id);
};
const represented = async (folder: string): Promise<readonly string[]> => {
  const found = [...(await textOf(folder, 'manifest.mpd')).matchAll(/<Representation id="(v\d)"/g)];
  return found.map(([, id = '']) => id);
};

beforeAll(async () => {
  rig = await openHlsRig();
  await begin(1, sizes);
  incarnation = /^([\w-]+)\/v0\.m3u8$/m.exec(await textOf('live', 'index.m3u8'))?.[1] ?? '';
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('the folder of a height', () => {
  test.each([
    ['live', ['v0', 'v1', 'v2']],
    ['live~1080', ['v0', 'v1', 'v2']],
    ['live~720', ['v1', 'v2']],
    ['live~480', ['v2']],
    ['live~144', ['v2']],
  ])('%s lists %j, for seeking and DASH too', async (folder, ids) => {
    expect(await listed(folder)).toEqual(ids);
    expect(await pictures(folder)).toEqual(ids.map((id) => `${id}i`));
    expect([...(await represented(folder))].toSorted()).toEqual(ids);
  });

  test('has the media that it lists under names of its own, with everything that belongs to it', async () => {
    const playlist = await get('live~720', `${incarnation}/v1.m3u8`);
    expect([playlist.status, playlist.headers['cache-control']]).toEqual([200, 'max-age=1']);
    const [, init = '', part = ''] =
      /EXT-X-MAP:URI="([^"]+)"[^]*?#EXT-X-PART:.*?URI="([^"]+)"/.exec(playlist.body.toString()) ?? [];
    for (const name of [init, part, 'v1i.m3u8'])
      expect((await get('live~720', `${incarnation}/${name}`)).status).toBe(200);
    expect(playlist.body.equals((await get('live', `${incarnation}/v1.m3u8`)).body)).toBe(true);
  });

  test.each(['v0.m3u8', 'v0i.m3u8', 'v0_e1.mp4', 'v0_e1_s1.m4s', 'v0_e1_p1.m4s', 'v0_e9_s1.m4s'])(
    'refuses %s, which is higher',
    async (name) => {
      const refused = await get('live~720', `${incarnation}/${name}`);
      expect([refused.status, codeOf(refused)]).toEqual([403, 'height-not-granted']);
      expect([refused.headers['cache-control'], refused.headers['content-type']]).toEqual([
        'no-store',
        'application/problem+json',
      ]);
      expect((await get('live~1080', `${incarnation}/${name}`)).status).not.toBe(403);
    },
  );

  test('is none of another number, so that nobody fills caches with copies', async () => {
    for (const folder of ['live~721', 'live~0720', 'live~', 'live~720~360'])
      expect((await get(folder, 'index.m3u8')).status).toBe(404);
  });

  test('goes by what each run has: the publisher came back with other sizes', async () => {
    for (const feed of feeds) feed.bytes.end();
    await settled();
    await begin(2, { v0: 360 });
    expect(await listed('live~480')).toEqual(['v0']);
    const playlist = await textOf('live~480', `${incarnation}/v0.m3u8`);
    const maps = [...playlist.matchAll(/EXT-X-MAP:URI="([^"]+)"/g)].map(([, uri = '']) => uri);
    expect(maps).toEqual(['v0_e1.mp4', 'v0_e2.mp4']);
    const statuses = await Promise.all(
      maps.map(async (name) => (await get('live~480', `${incarnation}/${name}`)).status),
    );
    expect(statuses).toEqual([403, 200]);
    const mpd = await textOf('live~480', 'manifest.mpd');
    expect(mpd).toContain('v0_e2_s$Number$');
    expect(mpd).not.toContain('v0_e1_s$Number$');
  });
});
