import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedText } from '#src/auth/broadcast-pass.ts';
import { type Edge, startOpenVarnish, startVarnish } from '#test/kit/edges.ts';
import { type Answer, exchange, maxAgeOf } from '#test/kit/hls-http.ts';
import { openHlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { edgeKey, openPassOrigin, passKey, type PassOrigin } from '#test/kit/pass-origin.ts';
import { bearer } from '#test/kit/token-client.ts';
import { signToken } from '#test/kit/tokens.ts';
import { until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let origin: PassOrigin;
let edge: Edge;
/** Below the stream. */
let playlist = '';
let init = '';
/** Players of a stream that stands still, who wait together for as long as the gateway holds a request. */
let inVain: Promise<PromiseSettledResult<Answer>[]>;

const under = (pass: string, path: string, stream = 'live'): string =>
  `${edge.base}/hls/t/${pass}/${stream}/${path}`;
const verdictsOn = (pass: string): number => origin.countOf(`/${pass}/live/pass`);
const mediaPlaylist = (multivariant: Answer): string =>
  /^[\w-]+\/v0\.m3u8$/m.exec(multivariant.body.toString())?.[0] ?? '';

beforeAll(async () => {
  origin = life.use(await openPassOrigin());
  edge = life.use(await startVarnish(origin.port));
  const pass = origin.pass().path;
  playlist = mediaPlaylist(await exchange(under(pass, 'index.m3u8')));
  const text = (await exchange(under(pass, playlist))).body.toString();
  init = playlist.replace('v0.m3u8', /URI="(v0_e\d+\.mp4)"/.exec(text)?.[1] ?? '');
  expect((await exchange(under(pass, init))).status).toBe(200);
  const still = origin.pass('still').path;
  const quiet = mediaPlaylist(await exchange(under(still, 'index.m3u8', 'still')));
  const waiting = Array.from({ length: 50 }, () => exchange(under(still, `${quiet}?_HLS_msn=4`, 'still')));
  inVain = Promise.allSettled(waiting);
});
afterAll(() => life.disposeAsync());

/** A pass as the gateway makes them, but for its end. */
function passUntil(endS: number): string {
  const signed = signedText('live', endS, '');
  return `${endS}.${passKey.kid}.${createHmac('sha256', passKey.secret).update(signed).digest('hex')}`;
}

describe('the gateway, asked about a pass', () => {
  const ask = (pass: string, headers: Record<string, string> = {}, stream = 'live'): Promise<Answer> =>
    exchange(`http://127.0.0.1:${origin.port}/hls/t/${pass}/${stream}/pass`, { headers });

  it('says that it is good, for as long as it is, whether the stream is there or not', async () => {
    for (const [pass, stream] of [
      [origin.pass().path, 'live'],
      [origin.pass().cookie, 'live'],
      [origin.pass('later').path, 'later'],
    ] as const) {
      const answer = await ask(pass, {}, stream);
      expect([answer.status, answer.body.length]).toEqual([204, 0]);
      const leftS = Number(pass.split('.')[0]) - Date.now() / 1000;
      expect(Math.abs(maxAgeOf(answer) - leftS)).toBeLessThan(5);
    }
  });

  it('refuses one that is not, and lets no cache vouch for it', async () => {
    for (const pass of [origin.pass('other').path, origin.pass('live', -600).path, 'junk'])
      for (const headers of [{}, { 'Frontrow-Edge': edgeKey }]) {
        const answer = await ask(pass, headers);
        expect([answer.status, answer.headers['cache-control']]).toEqual([403, 'no-store']);
      }
  });

  it('tells who shows no pass in the path what a cookie or token is worth, and no cache to keep it', async () => {
    const plain = `http://127.0.0.1:${origin.port}/hls/live/pass`;
    expect((await exchange(plain)).status).toBe(401);
    const token = await signToken({ exp: Math.floor(Date.now() / 1000) + 200 });
    for (const headers of [{ Cookie: `frontrow=${origin.pass().cookie}` }, bearer(token)]) {
      const answer = await exchange(plain, { headers });
      expect([answer.status, answer.headers['cache-control']]).toEqual([204, 'private, max-age=10']);
    }
  });
});

describe('Varnish', () => {
  it('asks once about each pass, and keeps one copy of a file for all', async () => {
    const passes = [1_200, 1_800, 2_400].map((lifetimeS) => origin.pass('live', lifetimeS).path);
    const fetched = origin.countOf(init);
    const together = await Promise.all(
      passes.flatMap((pass) => Array.from({ length: 30 }, () => exchange(under(pass, init)))),
    );
    expect(new Set(together.map(({ status }) => status))).toEqual(new Set([200]));
    for (const pass of passes) {
      expect((await exchange(under(pass, 'index.m3u8'))).status).toBe(200);
      expect(verdictsOn(pass)).toBe(1);
    }
    expect(origin.countOf(init)).toBe(fetched);
  });

  it('serves nothing that it has when the pass has ended', async () => {
    const pass = await until(
      'a pass that lives for a few seconds opens',
      async () => {
        const short = passUntil(Math.ceil(Date.now() / 1000) + 4);
        return (await exchange(under(short, init))).status === 200 ? short : undefined;
      },
      { timeoutMs: 30_000 },
    );
    await until('it is refused', async () => (await exchange(under(pass, init))).status === 403, {
      timeoutMs: 20_000,
    });
    expect(Date.now() / 1000).toBeGreaterThan(Number(pass.split('.')[0]) - 2);
  });

  it('takes any good one of several cookies', async () => {
    const { cookie } = origin.pass();
    const foreign = origin.pass('other').cookie;
    const plain = `${edge.base}/hls/live/${init}`;
    for (const [shown, status] of [
      [
        `frontrow=junk; __Secure-frontrow=${foreign}; a=frontrow=b; frontrow=${foreign};frontrow=${cookie}`,
        200,
      ],
      [`__Secure-frontrow=${cookie}; frontrow=${foreign}`, 200],
      [`frontrow=${foreign}; __Secure-frontrow=${foreign}`, 403],
      [`notfrontrow=${cookie}`, 401],
      ['frontrow=', 403],
    ] as const)
      expect((await exchange(plain, { headers: { Cookie: shown } })).status, shown).toBe(status);
  });

  it('believes nothing that only it may say', async () => {
    const { path } = origin.pass();
    const before = origin.asked.length;
    const said = {
      'X-Frontrow-Target': `/hls/live/${init}`,
      'X-Frontrow-Cookies': `frontrow=${path}`,
      'X-Frontrow-Pass': path,
      'Frontrow-Edge': edgeKey,
    };
    const nothing = await exchange(`${edge.base}/hls/live/${init}`, { headers: said });
    expect(nothing.status).toBe(401);
    const foreign = await exchange(under(origin.pass('other').path, init), { headers: said });
    expect(foreign.status).toBe(403);
    for (const asked of origin.asked.slice(before)) expect(asked).not.toContain(path);
  });

  it('asks about a forged pass no oftener than the gateway lets anybody guess', async () => {
    const { path } = origin.pass();
    const forged = path.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(under(forged, init))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    // Those that came together are told together; not one a request on the slowest machine.
    expect(verdictsOn(forged)).toBeLessThan(25);
  });

  it('tells all who waited in vain at once', async () => {
    const settled = await inVain;
    const statuses = settled.map((one) =>
      one.status === 'fulfilled' ? one.value.status : String(one.reason),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(origin.countOf('_HLS_msn=4')).toBe(1);
  });

  it('is refused nothing that it has while the gateway is away, and says so of the rest', async () => {
    const { path } = origin.pass();
    expect((await exchange(under(path, init))).status).toBe(200);
    await origin[Symbol.asyncDispose]();
    expect((await exchange(under(path, init))).status).toBe(200);
    for (const target of [
      under(path, `${playlist}?_HLS_msn=3`),
      under(origin.pass('live', 9_000).path, init),
    ]) {
      const { status, headers } = await exchange(target);
      expect([status, headers['cache-control'], headers['access-control-allow-origin']]).toEqual([
        503,
        'no-store',
        '*',
      ]);
    }
  });
});

it('Varnish without a key keeps and joins what everybody may watch', async () => {
  await using rig = await openHlsRig();
  const feed = new EpochFeed();
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(16_500);
  await using open = await startOpenVarnish(Number(new URL(rig.base).port));
  const media = mediaPlaylist(await exchange(`${open.base}/hls/live/index.m3u8`));
  const next = `${open.base}/hls/live/${media}?_HLS_msn=4`;
  const before = rig.packager.report.requests;
  const waiting = Array.from({ length: 20 }, (_one, viewer) => exchange(`${next}&viewer=${viewer}`));
  await sleep(200);
  await feed.advanceTo(20_500);
  const answers = await Promise.all(waiting);
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.toString()}`)).size).toBe(1);
  expect([answers[0]?.status, rig.packager.report.requests - before]).toEqual([200, 1]);
});
