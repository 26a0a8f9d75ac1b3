import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Edge, type StartEdge, startNginx, startTrafficServer, startVarnish } from '#test/kit/edges.ts';
import type { BroadcastPass } from '#src/core/pass-desk.ts';
import {
  docsCommands,
  exchangeRaw,
  folderOf,
  isVerdict,
  lastPart,
  steeredToTwo,
} from '#test/kit/edge-checks.ts';
import { type Answer, exchange } from '#test/kit/hls-http.ts';
import { openPassOrigin, type PassOrigin } from '#test/kit/pass-origin.ts';
import { signToken } from '#test/kit/tokens.ts';

const edges: readonly (readonly [string, StartEdge])[] = [
  ['nginx', startNginx],
  ['Apache Traffic Server', startTrafficServer],
  ['Varnish', startVarnish],
];

interface Opened {
  readonly origin: PassOrigin;
  readonly edge: Edge;
  /** Folder of the media playlists, below the stream. */
  readonly incarnation: string;
  /** A request for what does not come, held by the gateway for as long as it holds any. */
  readonly inVain: Promise<PromiseSettledResult<Answer>[]>;
}

const life = new AsyncDisposableStack();
/** All at once, because each needs a request that waits for so long. */
const opened = new Map<string, Opened>();

async function open(start: StartEdge): Promise<Opened> {
  const origin = life.use(await openPassOrigin({ steering: steeredToTwo }));
  const edge = life.use(await start(origin.port));
  const urlOf = (stream: string): string => `${edge.base}/hls/t/${origin.pass(stream).path}/${stream}`;
  const multivariant = await exchange(`${urlOf('live')}/index.m3u8`);
  expect(multivariant.status).toBe(200);
  const still = `${urlOf('still')}/${folderOf(await exchange(`${urlOf('still')}/index.m3u8`))}/v0.m3u8`;
  const { msn } = lastPart((await exchange(still)).body.toString());
  const inVain = Promise.allSettled([exchange(`${still}?_HLS_msn=${msn + 1}`)]);
  return { origin, edge, incarnation: folderOf(multivariant), inVain };
}

beforeAll(async () => {
  await Promise.all(edges.map(async ([name, start]) => void opened.set(name, await open(start))));
});
afterAll(() => life.disposeAsync());

/** The files of deploy/ in the real programs, in front of the real origin. */
describe.each(edges)('%s', (name) => {
  let origin: PassOrigin;
  let edge: Edge;
  let incarnation = '';
  /** Media time of the stream. */
  let atMs = 16_500;

  beforeAll(() => {
    const mine = opened.get(name);
    if (mine === undefined) throw new Error(`${name} did not open`);
    ({ origin, edge, incarnation } = mine);
  });

  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    exchange(`${edge.base}/hls/t/${origin.pass().path}/live/${path}`, { headers });
  const playlist = (query = ''): Promise<Answer> => get(`${incarnation}/v0.m3u8${query}`);

  it('joins the requests that wait for what does not exist yet', async () => {
    const { msn, part } = lastPart((await playlist()).body.toString());
    const query = `_HLS_msn=${msn}&_HLS_part=${part + 1}`;
    const waiting = Array.from({ length: 40 }, (_one, viewer) =>
      // Player statistics and the order of the directives make no difference.
      playlist(viewer % 2 === 0 ? `?${query}&CMCD=v%3D${viewer}` : `?_HLS_part=${part + 1}&_HLS_msn=${msn}`),
    );
    await expect.poll(() => origin.countOf(`_HLS_msn=${msn}`)).toBeGreaterThan(0);
    await sleep(200);
    await origin.advanceTo((atMs += 600));
    const answers = await Promise.all(waiting);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.toString())).size).toBe(1);
    expect(origin.asked.filter((target) => target.includes(`_HLS_part=${part + 1}`)).length).toBe(1);
    // It never changes, so it is not asked for again, and it says what it said.
    await origin.advanceTo((atMs += 600));
    const later = await playlist(`?${query}`);
    expect(later.body.equals(answers[0]?.body ?? Buffer.alloc(0))).toBe(true);
    expect(origin.asked.filter((target) => target.includes(`_HLS_part=${part + 1}`)).length).toBe(1);
  });

  it('keeps one copy of a file for everybody, whoever asks and however', async () => {
    const text = (await playlist()).body.toString();
    const name = /URI="(v0_e\d+_p\d+\.m4s)"/.exec(text)?.[1] ?? '';
    const path = `${incarnation}/${name}`;
    const plain = `${edge.base}/hls/live/${path}`;
    const first = await get(path);
    expect([first.status, first.headers['cache-control']]).toEqual([200, 'public, max-age=3600, immutable']);
    const others = await Promise.all([
      get(path),
      get(`${path}?CMCD=br%3D1&x=y`),
      exchange(`${edge.base}/hls/t/${origin.pass('live', 1_200).path}/live/${path}`),
      exchange(plain, { headers: { Cookie: `a=b; frontrow=${origin.pass().cookie}` } }),
      exchange(plain, { headers: { Cookie: `__Secure-frontrow=${origin.pass().cookie}` } }),
    ]);
    for (const other of others) expect([other.status, other.body.equals(first.body)]).toEqual([200, true]);
    expect(origin.countOf(name)).toBe(1);
    expect(origin.asked.some((target) => target.startsWith('/hls/t/') && !isVerdict(target))).toBe(false);
  });

  it('lets nobody spoil for others what is about to be, and fetches it once', async () => {
    for (let round = 0; round < 3; round++) {
      const next = await origin.hint(incarnation);
      const count = Number(/_p(\d+)/.exec(next)?.[1]);
      const ahead = (by: number): string => `${incarnation}/${next.replace(`_p${count}`, `_p${count + by}`)}`;
      const early = await Promise.all([1, 2, 3, 4, 5, 1, 2].map((by) => get(ahead(by))));
      for (const { status, headers } of early)
        expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
      const before = origin.countOf(next);
      const waiting = Array.from({ length: 20 }, () => get(ahead(0)));
      await expect.poll(() => origin.countOf(next), { timeout: 10_000 }).toBeGreaterThan(before);
      // They are asked for while the others wait, too.
      await Promise.all([1, 2, 3].map((by) => get(ahead(by))));
      await origin.advanceTo((atMs += 600));
      const answers = await Promise.all([...waiting, get(ahead(1))]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(origin.countOf(next)).toBe(before + 1);
    }
  });

  it('cuts ranges out of a segment, and keeps no piece for the whole', async () => {
    const text = (await playlist()).body.toString();
    const name = /^v0_e\d+_s\d+\.m4s$/m.exec(text)?.[0] ?? '';
    const cold = await get(`${incarnation}/${name}`, { Range: 'bytes=100-199' });
    const whole = await get(`${incarnation}/${name}`);
    const warm = await get(`${incarnation}/${name}`, { Range: 'bytes=100-199' });
    expect([whole.status, whole.body.length > 1_000]).toEqual([200, true]);
    for (const { status, headers, body } of [cold, warm]) {
      expect([status, headers['content-range']]).toEqual([206, `bytes 100-199/${whole.body.length}`]);
      expect(body.equals(whole.body.subarray(100, 200))).toBe(true);
    }
    // The piece that was asked for first may have come from the gateway; nothing after the whole does.
    expect(origin.countOf(name)).toBeLessThanOrEqual(2);
    const beyond = await get(`${incarnation}/${name}`, { Range: `bytes=${whole.body.length}-` });
    expect(beyond.status).toBe(416);
    expect(origin.countOf(name)).toBeLessThanOrEqual(2);
  });

  it('refuses passes that are no good, also for what it has, and keeps no refusal', async () => {
    const text = (await playlist()).body.toString();
    const path = `${incarnation}/${/URI="(v0_e\d+\.mp4)"/.exec(text)?.[1] ?? ''}`;
    expect((await get(path)).status).toBe(200);
    const [ends = '', kid = '', mac = ''] = origin.pass().path.split('.');
    const bad = [
      `${ends}.${kid}.${mac.startsWith('0') ? '1' : '0'}${mac.slice(1)}`,
      `${Number(ends) + 60}.${kid}.${mac}`,
      `${ends}.k2.${mac}`,
      `${ends}.${kid}`,
      origin.pass('other').path,
      origin.pass('live', -600).path,
      'junk',
    ];
    const before = origin.asked.length;
    for (const pass of bad) {
      const inPath = await exchange(`${edge.base}/hls/t/${pass}/live/${path}`);
      const inCookie = await exchange(`${edge.base}/hls/live/${path}`, {
        headers: { Cookie: `frontrow=${pass}` },
      });
      for (const { status, headers } of [inPath, inCookie])
        expect([status, headers['cache-control']]).toEqual([403, 'no-store']);
    }
    expect(origin.asked.slice(before).filter((target) => !isVerdict(target))).toEqual([]);
    expect((await get(path)).status).toBe(200);
  });

  it('keeps to the height that a pass is for, without knowing of it', async () => {
    const small = origin.pass('live', 600, 500);
    expect(small.folder).toBe('live~480');
    const ask = async (folder: string, { path, cookie }: BroadcastPass): Promise<readonly number[]> => {
      const inPath = await exchange(`${edge.base}/hls/t/${path}/${folder}/index.m3u8`);
      const inCookie = await exchange(`${edge.base}/hls/${folder}/index.m3u8`, {
        headers: { Cookie: `frontrow=${cookie}` },
      });
      return [inPath.status, inCookie.status];
    };
    expect(await ask('live', origin.pass())).toEqual([200, 200]);
    expect(await ask('live~480', small)).toEqual([200, 200]);
    for (const folder of ['live', 'live~720', 'live~360'])
      expect(await ask(folder, small)).toEqual([403, 403]);
    expect(await ask('live~480', origin.pass())).toEqual([403, 403]);
    expect(origin.countOf('/hls/live~480/index')).toBe(1);
  });

  it('leads every viewer to other caches with its own pass, though all have the same playlist', async () => {
    const told = new Set<string>();
    for (const { path } of [origin.pass(), origin.pass('live', 3_600)]) {
      const url = `${edge.base}/hls/t/${path}/live/`;
      const multivariant = (await exchange(`${url}index.m3u8`)).body.toString();
      expect(multivariant).toContain('STEERING:SERVER-URI="steering.json",PATHWAY-ID="edge"');
      expect(multivariant).not.toContain('://');
      told.add(multivariant);
      const manifest: unknown = JSON.parse(
        (await exchange(`${url}steering.json?_HLS_pathway=x`)).body.toString(),
      );
      expect(manifest).toMatchObject({
        'PATHWAY-PRIORITY': ['two', 'edge'],
        'PATHWAY-CLONES': [{ 'BASE-ID': 'edge', ID: 'two', 'URI-REPLACEMENT': { HOST: 'two.example' } }],
      });
    }
    expect(told.size).toBe(1);
  });

  it('leaves who shows a token, or nothing, to the gateway, past the cache', async () => {
    const text = (await playlist()).body.toString();
    const path = `${incarnation}/${/URI="(v0_e\d+\.mp4)"/.exec(text)?.[1] ?? ''}`;
    await get(path);
    const plain = `${edge.base}/hls/live/${path}`;
    const nobody = await exchange(plain);
    expect([nobody.status, nobody.headers['cache-control']]).toEqual([401, 'no-store']);
    const forged = await exchange(plain, { headers: { 'Frontrow-Edge': 'guess' } });
    expect(forged.status).toBe(401);
    const token = await signToken({ exp: Math.floor(Date.now() / 1000) + 200 });
    const holder = await exchange(plain, { headers: { Authorization: `Bearer ${token}` } });
    expect([holder.status, holder.headers['cache-control']]).toEqual([
      200,
      'private, max-age=31536000, immutable',
    ]);
    expect((await exchange(plain)).status).toBe(401);
  });

  it.each([
    '/hls/t/PASS/live/../other/index.m3u8',
    '/hls/t/PASS/live/%2e%2e/other/index.m3u8',
    '/hls/t/PASS/live/..%2fother/index.m3u8',
    '/hls//t/PASS/other/index.m3u8',
    '/hls/other/../t/PASS/other/index.m3u8',
    '/hls/t/PASS/other/index.m3u8',
    '/hls/t/PASS/t/PASS/other/index.m3u8',
  ])('lets nobody into another stream by %s', async (target) => {
    const before = origin.asked.length;
    const { status } = await exchangeRaw(edge.base, target.replaceAll('PASS', origin.pass().path));
    expect([400, 401, 403, 404]).toContain(status);
    for (const asked of origin.asked.slice(before)) expect(asked).not.toMatch(/^\/hls\/other\/index/);
  });

  it('keeps errors for a second or not at all, no playlist beyond its lifetime, and tells how old one is', async () => {
    for (const asked of [1, 2]) {
      const unborn = await get(`${incarnation}/v0_e1_p99999.m4s`);
      expect([unborn.status, unborn.headers['cache-control']]).toEqual([404, 'no-store']);
      expect(origin.countOf('p99999')).toBe(asked);
    }
    const missing = 'AAAAAAAA/v0.m3u8';
    const gone = await get(missing);
    expect([gone.status, gone.headers['cache-control']]).toEqual([404, 'max-age=1']);
    for (const query of ['?_HLS_msn=99999', '?_HLS_part=1', '?_HLS_msn=x']) {
      const answers = [await playlist(query), await playlist(query)];
      expect(answers.map(({ status, headers }) => [status, headers['cache-control']])).toEqual([
        [400, 'no-store'],
        [400, 'no-store'],
      ]);
    }
    const old = (await playlist()).body.toString();
    const { msn, part } = lastPart(old);
    const lasting = `?_HLS_msn=${msn}&_HLS_part=${part}`;
    expect((await playlist(lasting)).headers['cache-control']).toMatch(/^max-age=\d{2}$/);
    await origin.advanceTo((atMs += 1_200));
    const missed = origin.countOf('AAAAAAAA');
    await sleep(2_500);
    expect((await playlist()).body.toString()).not.toBe(old);
    expect(Number((await playlist(lasting)).headers.age)).toBeGreaterThan(0);
    await get(missing);
    expect(origin.countOf('AAAAAAAA')).toBe(missed + 1);
  });

  it('has the patience of the gateway, and asks once', async () => {
    const [vain] = (await opened.get(name)?.inVain) ?? [];
    if (vain?.status !== 'fulfilled') throw new Error('no answer', { cause: vain?.reason });
    const { status, headers, body } = vain.value;
    expect([status, headers['cache-control'], headers['access-control-allow-origin']]).toEqual([
      503,
      'no-store',
      '*',
    ]);
    expect(body.toString()).toContain('hls-blocked-too-long');
    expect(origin.asked.filter((target) => /still\/.*_HLS_msn/.test(target))).toHaveLength(1);
  });

  it('says what the gateway says to players of other sites, whoever asks', async () => {
    const plain = await playlist();
    const zipped = await playlist('?x=y').then(() =>
      get(`${incarnation}/v0.m3u8`, { 'Accept-Encoding': 'br, GZIP;q=0.9', Origin: 'https://a.example' }),
    );
    for (const { headers } of [plain, zipped])
      expect([headers['access-control-allow-origin'], headers.vary, headers['set-cookie']]).toEqual([
        '*',
        'Accept-Encoding',
        undefined,
      ]);
    expect([plain.headers['content-encoding'], zipped.headers['content-encoding']]).toEqual([
      undefined,
      'gzip',
    ]);
    const preflight = await exchange(`${edge.base}/hls/live/index.m3u8`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
  });

  it('is seen to work by the commands of docs/cdn.md', async () => {
    const folder = `t/${origin.pass().path}/live`;
    // Straight from the gateway all URLs are those of other hosts, and lead to the same playlist.
    const [direct = ''] = await docsCommands(`http://127.0.0.1:${origin.port}`, folder, { first: true });
    expect(direct).toBe(`http://127.0.0.1:${origin.port}/hls/${folder}/${incarnation}/v0.m3u8`);
    const before = origin.countOf('_HLS_msn=');
    const running = docsCommands(edge.base, folder);
    await expect.poll(() => origin.countOf('_HLS_msn='), { timeout: 20_000 }).toBeGreaterThan(before);
    await origin.advanceTo((atMs += 4_000));
    const lines = await running;
    expect(lines.filter((line) => /^200 \d/.test(line))).toHaveLength(8);
    expect(lines.filter((line) => /^Content-Encoding: gzip/i.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^Age: /i.test(line)).length).toBeGreaterThan(0);
    expect(origin.countOf('_HLS_msn=')).toBe(before + 1);
  });

  it('writes no pass into its log', async () => {
    await get('index.m3u8');
    expect(await edge.log()).not.toContain(origin.pass().path.slice(-20));
  });
});
