import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, codeOf, exchange, maxAgeOf } from '#test/kit/hls-http.ts';
import { authSettings, sha256Hex, signToken } from '#test/kit/tokens.ts';
import { openVodDoor, type VodDoor } from '#test/kit/vod-door.ts';

const secret = 'the secret of passes, which is long enough';
const edgeKey = 'the key of the cache in front of us';
const operateKey = 'the-key-of-the-operator';
const life = new AsyncDisposableStack();
const auth = authSettings({
  passKeys: [{ kid: 'k1', secret }],
  edgeKeys: [{ name: 'edge', sha256: sha256Hex(edgeKey) }],
  operateKeys: [{ name: 'operator', sha256: sha256Hex(operateKey) }],
  signingKey: { kid: 'own', algorithm: 'HS256', secret: 'another secret that is long enough' },
});
let door: VodDoor;
let joined: Joined;
let cookie: string;

interface Joined {
  readonly recording: string;
  readonly state: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly vodPass?: { readonly urls: Readonly<Record<string, string>>; readonly expiresAt: string };
  readonly code?: string;
}

async function join(query: string, claims?: object): Promise<{ answer: Answer; body: Joined }> {
  const headers = claims && { Authorization: `Bearer ${await signToken({ ...claims })}` };
  const answer = await exchange(`${door.base}/join/live${query}`, { ...(headers && { headers }) });
  return { answer, body: JSON.parse(answer.body.toString()) as Joined };
}

const plain = (name: string): string => `${door.base}/vod/live/${door.id}/${name}`;
const withPass = (name: string): string => new URL(name, joined.vodPass?.urls['playlist'] ?? '').href;

beforeAll(async () => {
  door = life.use(await openVodDoor({ auth, http: { joinsPerAddress: 1_000 } }));
  const { answer, body } = await join(`?recording=${door.id}`, {});
  joined = body;
  cookie = answer.headers['set-cookie']?.[0] ?? '';
});
afterAll(() => life.disposeAsync());

describe('who may watch a stream', () => {
  test('is told where its recording is, and gets a pass for it, whether the stream runs or not', () => {
    expect(joined).toMatchObject({ recording: door.id, state: 'complete' });
    expect(joined.urls).toEqual({
      playlist: plain('index.m3u8'),
      mp4: `${door.base}/vod/live/${door.id}.mp4`,
      poster: plain('poster.jpg'),
    });
    const leftMs = Date.parse(joined.vodPass?.expiresAt ?? '') - Date.now();
    expect(leftMs).toBeGreaterThan(500_000);
    expect(Object.keys(joined.vodPass?.urls ?? {})).toEqual(Object.keys(joined.urls));
  });

  test('has a pass as documents say, so that a cache can check it', () => {
    const [, end = '', mac = ''] =
      /\/vod\/t\/(\d+)\.k1\.([\da-f]{64})\/live\//.exec(joined.vodPass?.urls['playlist'] ?? '') ?? [];
    expect(mac).toBe(createHmac('sha256', secret).update(`/vod/live/\n${end}\n`).digest('hex'));
  });

  test('gets everything by it without a header, as playlists name it', async () => {
    const master = await exchange(withPass('index.m3u8'));
    expect([master.status, master.headers['cache-control']]).toEqual([200, 'public, max-age=60']);
    const variant = /^v0\.m3u8$/m.exec(master.body.toString())?.[0] ?? '';
    const playlist = await exchange(new URL(variant, master.url).href);
    const file = /^v0_1\.mp4$/m.exec(playlist.body.toString())?.[0] ?? '';
    const media = await exchange(new URL(file, playlist.url).href, { headers: { Range: 'bytes=0-99' } });
    expect([media.status, media.body.length]).toEqual([206, 100]);
    for (const name of ['poster.jpg', `../${door.id}.mp4`])
      expect([name, (await exchange(withPass(name))).status]).toEqual([name, 200]);
  });

  test('gets nothing that is kept for longer than the pass is good', async () => {
    const media = await exchange(withPass('v0_1.mp4'));
    const leftS = (Date.parse(joined.vodPass?.expiresAt ?? '') - Date.now()) / 1000;
    expect(media.headers['cache-control']).toMatch(/^public, max-age=\d+, immutable$/);
    expect(maxAgeOf(media)).toBeGreaterThan(60);
    expect(maxAgeOf(media)).toBeLessThanOrEqual(leftS + 1);
    expect(media.headers.vary).toBeUndefined();
  });

  test('gets a cookie for the recordings of that stream alone', async () => {
    const [pair = '', ...attributes] = cookie.split('; ');
    expect(attributes).toEqual(expect.arrayContaining(['Path=/vod/live', 'HttpOnly', 'SameSite=Lax']));
    for (const name of ['index.m3u8', 'v0_1.mp4', 'poster.jpg', `../${door.id}.mp4`]) {
      const opened = await exchange(new URL(name, plain('x')).href, { headers: { Cookie: pair } });
      expect([name, opened.status]).toEqual([name, 200]);
      expect(opened.headers['cache-control']).toMatch(/^private, max-age=/);
    }
    const elsewhere = plain('index.m3u8').replace('/live/', '/other/');
    expect((await exchange(elsewhere, { headers: { Cookie: pair } })).status).toBe(403);
  });

  test('gets it with the token of either tier, and with its header as before', async () => {
    for (const claims of [{ aud: ['whep'] }, { aud: ['hls'] }, { maxHeight: 360 }]) {
      const { body } = await join(`?recording=${door.id}`, claims);
      expect((await exchange(body.vodPass?.urls['playlist'] ?? '')).status).toBe(200);
    }
    const headers = { Authorization: `Bearer ${await signToken()}` };
    const shown = await exchange(plain('index.m3u8'), { headers });
    expect([shown.status, shown.headers['cache-control']]).toEqual([200, 'private, max-age=60']);
    expect(shown.headers.vary).toContain('Authorization');
  });
});

test('a backend gets the folder of the recordings with a token that it asks for', async () => {
  const mint = async (wish: object): Promise<{ vodPass?: { folder: string; expiresAt: string } }> => {
    const answer = await fetch(`${door.base}/api/tokens`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${operateKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream: 'live', action: 'play', expiresInS: 60, ...wish }),
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { vodPass?: { folder: string; expiresAt: string } };
  };
  const { vodPass } = await mint({ tier: 'interactive' });
  expect((await exchange(`${vodPass?.folder ?? ''}${door.id}/index.m3u8`)).status).toBe(200);
  expect(Date.parse(vodPass?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 500_000);
  for (const wish of [{ stream: 'live-*' }, { action: 'publish' }])
    expect(await mint(wish)).not.toHaveProperty('vodPass');
});

describe('nobody else', () => {
  test('gets a pass, or learns what there is', async () => {
    expect((await join(`?recording=${door.id}`)).answer.status).toBe(401);
    expect((await join(`?recording=${door.id}`, { stream: 'other' })).answer.status).toBe(403);
    for (const query of ['?recording=20200101T000000Z-aaaaaa', '?recording=', '?recording=..%2f..'])
      expect((await join(query, {})).body.code).toBe('no-such-recording');
  });

  test.each([
    ['without anything', (url: string) => url.replace(/\/t\/[^/]+/, ''), 401, 'token-missing'],
    [
      'with a changed one',
      (url: string) => url.replace(/\.[\da-f]{64}\//, `.${'0'.repeat(64)}/`),
      403,
      'pass-invalid',
    ],
    ['with one of another stream', (url: string) => url.replace('/live/', '/other/'), 403, 'pass-invalid'],
    ['with none where it should be', (url: string) => url.replace(/\/t\/[^/]+/, '/t/x'), 403, 'pass-invalid'],
  ])('gets a recording %s', async (_what, spoil, status, code) => {
    for (const name of ['index.m3u8', 'v0_1.mp4', `../${door.id}.mp4`]) {
      const refused = await exchange(spoil(withPass(name)));
      expect([refused.status, codeOf(refused)]).toEqual([status, code]);
      expect(refused.headers['cache-control']).toBe('no-store');
    }
  });

  test('watches live with the pass of recordings, or the other way round', async () => {
    const [, end = ''] = /\/t\/(\d+)\./.exec(withPass('index.m3u8')) ?? [];
    const ofLive = createHmac('sha256', secret).update(`/hls/live/\n${end}\n`).digest('hex');
    const url = withPass('index.m3u8').replace(/\.[\da-f]{64}\//, `.${ofLive}/`);
    expect((await exchange(url)).status).toBe(403);
  });
});

describe('a cache in front', () => {
  test('that has checked the pass gets what everybody may have', async () => {
    const answer = await exchange(plain('v0_1.mp4'), { headers: { 'Frontrow-Edge': edgeKey } });
    expect([answer.status, answer.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
    const wrong = await exchange(plain('v0_1.mp4'), { headers: { 'Frontrow-Edge': 'another' } });
    expect([wrong.status, codeOf(wrong)]).toEqual([403, 'edge-key-invalid']);
  });

  test('that cannot check it asks once, and may remember the answer until the pass ends', async () => {
    const [, pass = ''] = /\/vod\/t\/([^/]+)\//.exec(withPass('index.m3u8')) ?? [];
    const [, inCookie = ''] = /^frontrow=([^;]+)/.exec(cookie) ?? [];
    for (const shown of [pass, inCookie]) {
      const verdict = await exchange(`${door.base}/vod/t/${shown}/live/pass`);
      expect([verdict.status, verdict.body.length]).toEqual([204, 0]);
      expect(verdict.headers['cache-control']).toMatch(/^public, max-age=\d+$/);
      expect(maxAgeOf(verdict)).toBeGreaterThan(500);
    }
    const refused = await exchange(`${door.base}/vod/t/${pass}/other/pass`);
    expect([refused.status, refused.headers['cache-control']]).toEqual([403, 'no-store']);
  });
});

test.each([
  ['nobody is asked', undefined],
  ['everybody may watch LL-HLS', authSettings({ openBroadcast: true })],
  ['everybody may watch over WebRTC', authSettings({ openInteractive: true })],
])('where %s there are no passes, and old ones do no harm', async (_what, free) => {
  await using open = await openVodDoor({ ...(free && { auth: free }) });
  const answer = await exchange(`${open.base}/join/live?recording=${open.id}`);
  const body = JSON.parse(answer.body.toString()) as Joined;
  expect([answer.status, body.vodPass, answer.headers['set-cookie']]).toEqual([200, undefined, undefined]);
  const media = await exchange(`${open.base}/vod/live/${open.id}/v0_1.mp4`);
  expect([media.status, media.headers['cache-control']]).toEqual([
    200,
    'public, max-age=31536000, immutable',
  ]);
  const old = await exchange(`${open.base}/vod/t/1700000000.k1.${'0'.repeat(64)}/live/${open.id}/v0_1.mp4`);
  expect(old.status).toBe(200);
});

test('a stream may be called t', async () => {
  const missing = await exchange(`${door.base}/vod/t/${door.id}/index.m3u8`);
  expect([missing.status, codeOf(missing)]).toEqual([401, 'token-missing']);
});

test.each([
  ['/api/recordings', 'GET'],
  ['/api/recordings/live/x', 'DELETE'],
  ['/api/streams/live/recording', 'POST'],
  ['/api/tokens', 'POST'],
  ['/api/streams', 'GET'],
  ['/join/live', 'GET'],
])('OPTIONS %s tells what there is to do, to everybody', async (path, method) => {
  const answer = await exchange(`${door.base}${path}`, { method: 'OPTIONS' });
  expect([200, 204]).toContain(answer.status);
  expect(answer.headers.allow).toContain(method);
});
