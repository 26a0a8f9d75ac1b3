import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { pathwaysTo, steeringManifest } from '#src/hls/steering.ts';
import { exchange, maxAgeOf } from '#test/kit/hls-http.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { openHlsRig, quickHls, type HlsRig } from '#test/kit/hls-rig.ts';

const pathways = [
  { id: 'a', baseUrl: 'https://a.example/' },
  { id: 'b', baseUrl: 'https://b.example/live' },
  { id: 'own', baseUrl: '' },
];
const settings = (steering: object): HlsConfig['steering'] => hlsConfig.parse({ steering }).steering;

describe('the pathways to a stream', () => {
  test('are none where settings name none', () => {
    expect(pathwaysTo({ name: 'live', pass: undefined }, settings({}))).toBeUndefined();
  });

  test('lead to the same folder of other hosts; that of this gateway stays relative', () => {
    expect(pathwaysTo({ name: 'live', pass: undefined }, settings({ pathways }))).toEqual([
      { id: 'a', base: 'https://a.example/hls/live/' },
      { id: 'b', base: 'https://b.example/live/hls/live/' },
      { id: 'own', base: '' },
    ]);
  });

  test('carry the permission that came in the path, and nothing that could leave its quotes', () => {
    const bases = (pass: string): readonly string[] | undefined =>
      pathwaysTo({ name: 'live', pass }, settings({ pathways }))?.map(({ base }) => base);
    expect(bases('abc.DEF-_9')).toContain('https://a.example/hls/t/abc.DEF-_9/live/');
    expect(bases('x"\n#')).toContain('https://a.example/hls/t/x%22%0A%23/live/');
  });

  test('begin with the preferred ones, and leave none out', () => {
    const ids = pathwaysTo({ name: 'live', pass: undefined }, settings({ pathways, priority: ['own', 'b'] }));
    expect(ids?.map(({ id }) => id)).toEqual(['own', 'b', 'a']);
  });
});

test('the manifest ranks all pathways', () => {
  const manifest: unknown = JSON.parse(steeringManifest(settings({ pathways, priority: ['b'], ttlS: 60 })));
  expect(manifest).toEqual({
    VERSION: 1,
    TTL: 60,
    'RELOAD-URI': 'steering.json',
    'PATHWAY-PRIORITY': ['b', 'a', 'own'],
  });
});

describe('behind a cache that takes passes out of the path', () => {
  const hosts = [
    { id: 'one', baseUrl: 'https://one.example/' },
    { id: 'two', baseUrl: 'https://two.example' },
    { id: 'port', baseUrl: 'https://three.example:8443' },
    { id: 'folder', baseUrl: 'https://four.example/live' },
    { id: 'own', baseUrl: '' },
  ];
  const clone = (base: string, id: string, host: string): object => ({
    'BASE-ID': base,
    ID: id,
    'URI-REPLACEMENT': { HOST: host },
  });
  const manifestFor = (edge: string, more: object = {}): unknown =>
    JSON.parse(steeringManifest(settings({ pathways: hosts, priority: ['two'], ...more }), edge));

  test('the playlist has the way through that cache alone, as what it says must fit every pass', () => {
    for (const edge of ['one', 'edge'])
      expect(pathwaysTo({ name: 'live', pass: undefined, edge }, settings({ pathways: hosts }))).toEqual([
        { id: edge, base: '' },
      ]);
    expect(pathwaysTo({ name: 'live', pass: undefined, edge: 'one' }, settings({}))).toBeUndefined();
  });

  test('players make the other ways of it, which are hosts and nothing else', () => {
    expect(manifestFor('one')).toMatchObject({
      'PATHWAY-PRIORITY': ['two', 'one'],
      'PATHWAY-CLONES': [clone('one', 'two', 'two.example')],
    });
    expect(manifestFor('edge')).toMatchObject({
      'PATHWAY-PRIORITY': ['two', 'one', 'edge'],
      'PATHWAY-CLONES': [clone('edge', 'one', 'one.example'), clone('edge', 'two', 'two.example')],
    });
  });

  test('there are no clones where there is nothing to make one of', () => {
    const manifest = manifestFor('one', { pathways: hosts.slice(0, 1), priority: [] });
    expect(manifest).toMatchObject({ 'PATHWAY-PRIORITY': ['one'] });
    expect(manifest).not.toHaveProperty('PATHWAY-CLONES');
  });

  test('both are in step over HTTP, and others get what they got', async () => {
    await using rig = await openHlsRig(
      hlsConfig.parse({ ...quickHls, steering: { pathways: hosts } }),
      ({ headers }) =>
        Promise.resolve({ audience: 'public', maxHeight: undefined, edge: headers['x-edge']?.toString() }),
    );
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(14_000);
    const ask = async (name: string, edge?: string): Promise<string> => {
      const headers = { ...(edge !== undefined && { 'x-edge': edge }) };
      return (await exchange(`${rig.base}/hls/live/${name}`, { headers })).body.toString();
    };
    const behind = await ask('index.m3u8', 'two');
    expect(behind).toContain('STEERING:SERVER-URI="steering.json",PATHWAY-ID="two"');
    expect(behind).not.toContain('://');
    expect(JSON.parse(await ask('steering.json', 'two'))).toEqual(
      JSON.parse(steeringManifest(settings({ pathways: hosts }), 'two')),
    );
    expect(await ask('index.m3u8')).toContain('https://four.example/live/hls/live/');
    expect(await ask('steering.json')).not.toContain('CLONES');
  });
});

test.each([
  { pathways: [...pathways, pathways[0]] },
  { pathways, priority: ['nowhere'] },
  { pathways: [{ id: 'a b', baseUrl: '' }] },
  { pathways: [{ id: 'a"', baseUrl: '' }] },
  { pathways: [{ id: 'a', baseUrl: 'ftp://a.example' }] },
  { pathways: [{ id: 'a', baseUrl: 'https://a.example/x?y' }] },
  { pathways: [{ id: 'a', baseUrl: 'https://a.example/"' }] },
  { pathways: [{ id: 'a', baseUrl: 'javascript:alert(1)' }] },
  { pathways, ttlS: 0 },
  { pathways, weight: 1 },
])('settings like %j are refused', (steering) => {
  expect(hlsConfig.safeParse({ steering }).success).toBe(false);
});

describe('over HTTP', () => {
  let rig: HlsRig;
  const config = (steering: object): HlsConfig => hlsConfig.parse({ ...quickHls, steering });
  beforeAll(async () => {
    rig = await openHlsRig(config({ pathways }));
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(14_000);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const get = (name: string): ReturnType<typeof exchange> => exchange(`${rig.base}/hls/live/${name}`);
  const ranked = async (): Promise<unknown> =>
    (JSON.parse((await get('steering.json')).body.toString()) as Record<string, unknown>)['PATHWAY-PRIORITY'];

  test('the manifest answers everybody alike, whatever players say about themselves', async () => {
    const answer = await get('steering.json?_HLS_pathway="b"&_HLS_throughput=5140000');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
    });
    expect(maxAgeOf(answer)).toBeLessThanOrEqual(5);
    expect(answer.body).toEqual((await get('steering.json')).body);
  });

  test('what is preferred changes while players watch', async () => {
    expect(await ranked()).toEqual(['a', 'b', 'own']);
    rig.origin.reconfigure(config({ pathways, priority: ['b'] }));
    expect(await ranked()).toEqual(['b', 'a', 'own']);
    expect((await get('index.m3u8')).body.toString()).toContain(
      'STEERING:SERVER-URI="steering.json",PATHWAY-ID="b"',
    );
    rig.origin.reconfigure(config({}));
    expect((await get('steering.json')).status).toBe(404);
    expect((await get('index.m3u8')).body.toString()).not.toContain('PATHWAY');
    rig.origin.reconfigure(config({ pathways }));
  });

  test('passes in the path go on to other hosts', async () => {
    const answer = await exchange(`${rig.base}/hls/t/some.pass/live/index.m3u8`);
    expect(answer.body.toString()).toContain('URI="https://a.example/hls/t/some.pass/live/');
  });

  test('there is none of a stream that is not there', async () => {
    expect((await exchange(`${rig.base}/hls/nobody/steering.json`)).status).toBe(404);
  });
});
