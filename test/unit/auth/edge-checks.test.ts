import crypto from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import { authSettings, streamNamed } from '#test/kit/tokens.ts';

const secret = 'the-secret-of-passes-that-caches-know-too';
const desk = openPassDesk({
  settings: () => authSettings({ passKeys: [{ kid: 'k1', secret }] }),
  open: () => false,
  nowMs: Date.now,
});
const passFor = (stream: string, maxHeight?: number): { readonly path: string; readonly cookie: string } => {
  const grant = { action: 'view', subject: 'ann', credential: 'x', tier: undefined } as const;
  const made = desk.issue(streamNamed(stream), { ...grant, maxHeight });
  if (made === undefined) throw new Error('no pass was made');
  return made;
};
const pass = passFor('live');
const other = passFor('other');
const small = passFor('live', 480);
const expired = pass.path.replace(/^\d+/, '1000000000');
const changed = pass.path.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
const deployed = (file: string): URL => new URL(`../../../deploy/${file}`, import.meta.url);

/** Path, Cookie, and the status of who is refused or the path that the gateway is asked for. */
const table: readonly (readonly [path: string, cookie: string | undefined, outcome: number | string])[] = [
  [`/hls/t/${pass.path}/live/index.m3u8`, undefined, '/hls/live/index.m3u8'],
  [`/hls/t/${pass.cookie}/live/a/v0.m3u8`, undefined, '/hls/live/a/v0.m3u8'],
  ['/hls/live/a/v0.m3u8', `a=b; frontrow=${pass.cookie}`, '/hls/live/a/v0.m3u8'],
  ['/hls/live/a/v0.m3u8', `__Secure-frontrow=${pass.cookie}`, '/hls/live/a/v0.m3u8'],
  [`/hls/t/${small.path}/live~480/a/v1.m3u8`, undefined, '/hls/live~480/a/v1.m3u8'],
  ['/hls/live~480/a/v1.m3u8', `frontrow=${small.cookie}`, '/hls/live~480/a/v1.m3u8'],
  [`/hls/t/${small.path}/live/a/v0.m3u8`, undefined, 403],
  [`/hls/t/${small.path}/live~720/a/v0.m3u8`, undefined, 403],
  ['/hls/live/a/v0.m3u8', `frontrow=${small.cookie}`, 403],
  ['/hls/live/a/v0.m3u8', undefined, 401],
  ['/hls/live/a/v0.m3u8', 'a=b', 401],
  ['/hls/live/a/v0.m3u8', `frontrow=${other.cookie}`, 403],
  [`/hls/t/${other.path}/live/index.m3u8`, undefined, 403],
  [`/hls/t/${pass.path}/other/index.m3u8`, undefined, 403],
  [`/hls/t/${expired}/live/index.m3u8`, undefined, 403],
  [`/hls/t/${changed}/live/index.m3u8`, undefined, 403],
  [`/hls/t/${pass.path.replace('.k1.', '.k2.')}/live/index.m3u8`, undefined, 403],
  ['/hls/t/junk/live/index.m3u8', undefined, 403],
];

afterEach(() => vi.unstubAllGlobals());

describe('the Worker of Cloudflare', () => {
  test.each(table)('%s with cookie %s: %s', async (path, cookie, outcome) => {
    const asked: Request[] = [];
    vi.stubGlobal('fetch', (url: URL, init: RequestInit) => {
      asked.push(new Request(url, init));
      return Promise.resolve(new Response('ok'));
    });
    const { default: worker } = (await import(deployed('cloudflare/worker.js').href)) as {
      default: { fetch(request: Request, env: object): Promise<Response> };
    };
    const headers = { Authorization: 'x', ...(cookie !== undefined && { Cookie: cookie }) };
    const query = '?x=y&_HLS_part=1&_HLS_msn=2';
    const request = new Request(`https://cdn.example.org${path}${query}`, { headers });
    const env = { PASS_KEYS: `old=unused k1=${secret}`, EDGE_KEY: 'edge' };
    const response = await worker.fetch(request, env);
    if (typeof outcome === 'number') {
      expect([response.status, response.headers.get('cache-control'), asked.length]).toEqual([
        outcome,
        'no-store',
        0,
      ]);
      return;
    }
    expect(response.status).toBe(200);
    expect(asked.map(({ url }) => url)).toEqual([`https://cdn.example.org${outcome}?_HLS_msn=2&_HLS_part=1`]);
    expect(asked[0]?.headers.get('frontrow-edge')).toBe('edge');
    expect(asked[0]?.headers.has('authorization')).toBe(false);
  });
});

describe('the function of CloudFront', () => {
  interface Outcome {
    readonly uri?: string;
    readonly statusCode?: number;
    readonly cookies?: object;
  }
  test.each(table)('%s with cookie %s: %s', async (path, cookie, outcome) => {
    const text = (await readFile(deployed('cloudfront/viewer-request.js'), 'utf8'))
      .replace(/^import .*$/m, '')
      .replace(/const keys = .*;/, `const keys = { k1: '${secret}' };`);
    // The runtime has no modules beside its own: the file is a script with a function called handler.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- as CloudFront runs it
    const make = new Function('crypto', `${text}; return handler;`) as (
      module: typeof crypto,
    ) => (event: object) => Outcome;
    const cookies = Object.fromEntries(
      (cookie ?? '')
        .split('; ')
        .map((pair) => [pair.split('=')[0], { value: pair.slice(pair.indexOf('=') + 1) }]),
    ) as object;
    const result = make(crypto)({ request: { method: 'GET', uri: path, cookies, headers: {} } });
    if (typeof outcome === 'number') expect(result.statusCode).toBe(outcome);
    else expect([result.uri, result.cookies]).toEqual([outcome, {}]);
  });
});

describe('the script of nginx', () => {
  test.each(table)('%s with cookie %s: %s', async (path, cookie, outcome) => {
    const { default: script } = (await import(deployed('nginx/frontrow-pass.js').href)) as {
      default: { verdict(request: object): string };
    };
    const request = {
      uri: path,
      headersIn: { Cookie: cookie },
      variables: { frontrow_pass_keys: `old=unused k1=${secret}` },
    };
    const verdicts: Readonly<Record<number, string>> = { 401: 'ask', 403: 'refused' };
    expect(script.verdict(request)).toBe(typeof outcome === 'number' ? verdicts[outcome] : 'pass');
    expect(script.verdict({ ...request, variables: { frontrow_pass_keys: '' } })).toBe('open');
  });
});
