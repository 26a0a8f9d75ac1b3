import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { iceServersFromLinks, parseLinkHeader } from '#public/shared/link-header.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { attributeOf, makeFragment, makeOffer } from '#test/kit/offers.ts';
import { stretch, until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const secret = 'shared with the relay';
const life = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  const lines = [
    'http:',
    '  iceServers:',
    `    - { url: "turn:turn.example.org:3478?transport=udp", secret: "${secret}", ttlS: 600 }`,
    '    - { url: "stun:stun.example.org:3478" }',
  ];
  gateway = life.use(await startGateway({ config: lines.join('\n') }));
});
afterAll(() => life.disposeAsync());

/** A client that has something to send, and sends a byte of it every second. */
class Drip {
  /** How long it was served; undefined while it is. */
  cutMs: number | undefined;
  answer = '';
  readonly #socket: Socket;

  constructor(port: number, head: string, perSecond: string) {
    const startedMs = performance.now();
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => (this.answer += bytes.toString('latin1')));
    this.#socket.on('error', () => undefined); // a reset is one way to be cut
    this.#socket.write(head);
    const timer = setInterval(() => this.#socket.write(perSecond), 1_000);
    this.#socket.once('close', () => {
      clearInterval(timer);
      this.cutMs = performance.now() - startedMs;
    });
  }

  stop(): void {
    this.#socket.destroy();
  }
}

describe('clients that send a byte a second', () => {
  const post = (path: string, ...lines: readonly string[]): string =>
    [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/sdp', ...lines].join('\r\n');
  const groups = [
    { of: 'their headers', count: 500, head: post('/whep/a', 'X-Slow: '), perSecond: 'a' },
    { of: 'their body', count: 500, head: post('/whep/a', 'Content-Length: 5000', '', ''), perSecond: 'v' },
    {
      of: 'chunks without end',
      count: 250,
      head: post('/whip/a', 'Transfer-Encoding: chunked', '', ''),
      perSecond: '1\r\nv\r\n',
    },
  ];

  it('are all cut soon, 500 within their headers and 750 within a body, and meanwhile others are served', async () => {
    const port = Number(new URL(gateway.origin).port);
    const drips = groups.flatMap(({ of, count, head, perSecond }) =>
      Array.from({ length: count }, () => ({ of, drip: new Drip(port, head, perSecond) })),
    );
    try {
      const servedMs: number[] = [];
      await until(
        'all are cut',
        async () => {
          const askedMs = performance.now();
          expect((await exchange(gateway.url('/livez'), { method: 'GET' })).status).toBe(200);
          servedMs.push(performance.now() - askedMs);
          return drips.every(({ drip }) => drip.cutMs !== undefined);
        },
        { timeoutMs: 40_000, everyMs: 250 },
      );
      for (const { of, drip } of drips) {
        // 10 s, a check every second, and a machine with other things to do.
        expect(drip.cutMs, of).toBeLessThan(20_000 * stretch());
        expect(drip.answer.slice(0, 12), of).toMatch(/^$|^HTTP\/1\.1 408/);
      }
      expect(servedMs.length).toBeGreaterThan(10);
      expect(servedMs.sort((one, other) => one - other)[servedMs.length >> 1]).toBeLessThan(200 * stretch());
    } finally {
      for (const { drip } of drips) drip.stop();
    }
  });
});

describe('a body that is too much', () => {
  const half = 'v=0\r\n'.padEnd(32_768, 'a');

  interface TooMuch {
    readonly what: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
    readonly refusal: readonly [status: number, code: string];
  }
  const fragment = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
  const megabyte = Buffer.alloc(1_000_000, 'a');
  const tooLarge = [413, 'sdp-too-large'] as const;
  const packed = [415, 'content-encoding'] as const;

  it.each<TooMuch>([
    { what: '1 MB', path: '/whep/a', headers: sdp, body: megabyte, refusal: tooLarge },
    { what: '1 MB to a session', path: '/whep/a/none', headers: fragment, body: megabyte, refusal: tooLarge },
    {
      what: 'a zip bomb',
      path: '/whip/a',
      headers: { ...sdp, 'Content-Encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(50_000_000)),
      refusal: packed,
    },
    {
      what: 'a small zip',
      path: '/whep/a',
      headers: { ...sdp, 'Content-Encoding': 'br' },
      body: brotliCompressSync(half),
      refusal: packed,
    },
  ])('$what is refused', async ({ path, headers, body, refusal }) => {
    const answer = await exchange(gateway.url(path), { method: 'POST', headers, body });
    expect([answer.status, problemOf(answer).code]).toEqual(refusal);
  });

  it('is refused when it has no end, and the connection is cut', async () => {
    const port = Number(new URL(gateway.origin).port);
    const head =
      'POST /whip/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `8000\r\n${half}\r\n`;
    const endless = new Drip(port, head + chunk.repeat(3), chunk);
    try {
      await until('it is cut', () => endless.cutMs !== undefined, { timeoutMs: 8_000 });
      expect(endless.answer).toMatch(/^HTTP\/1\.1 413 /);
    } finally {
      endless.stop();
    }
  });
});

describe('a TURN login', () => {
  const turnOf = (links: readonly string[]) => iceServersFromLinks(parseLinkHeader(links.join(', ')))[1];

  it('comes with each 201 and each plain OPTIONS, is good for its client alone, and is never in a preflight', async () => {
    const publish = (): Promise<Exchange> =>
      exchange(gateway.url('/whip/turn'), {
        method: 'POST',
        headers: sdp,
        body: makeOffer({ role: 'publisher' }),
      });
    const options = (headers = {}): Promise<Exchange> =>
      exchange(gateway.url('/whip/turn'), { method: 'OPTIONS', headers });
    const answers = [await publish(), await publish(), await options()];
    const names = new Set<string>();
    for (const answer of answers) {
      const lines = answer.lines('Link').filter((line) => line.includes('rel="ice-server"'));
      expect(lines).toHaveLength(2);
      expect(lines[0]).toBe('<stun:stun.example.org:3478>; rel="ice-server"');
      const { username = '', credential } = turnOf(lines) ?? {};
      expect(credential).toBe(createHmac('sha1', secret).update(username).digest('base64'));
      const leftS = Number(username.split(':')[0]) - Date.now() / 1000;
      expect(leftS).toBeGreaterThan(500);
      expect(leftS).toBeLessThan(601);
      names.add(username);
    }
    expect(names.size).toBe(3);
    const preflight = await options({ Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' });
    expect([preflight.status, preflight.lines('Link')]).toEqual([200, []]);
    const refused = await exchange(gateway.url('/whip/turn'), { method: 'POST', headers: sdp, body: 'v=0' });
    expect([refused.status, refused.lines('Link')]).toEqual([400, []]);
  });

  it('never shows the secret, in the log or in the API', async () => {
    expect(gateway.logs).not.toEqual([]);
    expect(gateway.logs.join()).not.toContain(secret);
    for (const path of ['/api/streams', '/metrics', '/readyz'])
      expect((await exchange(gateway.url(path), { method: 'GET' })).body).not.toContain(secret);
  });
});

describe('the URL of a session', () => {
  const publish = async (stream: string): Promise<{ url: string; fragment: string }> => {
    const offer = makeOffer({ role: 'publisher' });
    const answer = await exchange(gateway.url(`/whip/${stream}`), {
      method: 'POST',
      headers: sdp,
      body: offer,
    });
    expect(answer.status).toBe(201);
    const own = { ufrag: attributeOf(offer, 'ice-ufrag'), password: attributeOf(offer, 'ice-pwd') };
    return { url: answer.headers.location ?? '', fragment: makeFragment(own) };
  };

  it('is 128 random bits: no two have a part in common, every bit is set as often as not', async () => {
    const ids: Buffer[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const { url } = await publish(`ids${turn % 3}`);
      ids.push(Buffer.from(url.split('/').at(-1) ?? '', 'base64url'));
    }
    expect(ids.every((id) => id.length === 16)).toBe(true);
    // By chance two of sixty share 4 bytes at one place with a probability of 1 in 600,000.
    for (const at of [0, 4, 8, 12])
      expect(new Set(ids.map((id) => id.readUInt32BE(at))).size).toBe(ids.length);
    const ones = ids
      .flatMap((id) => [...id])
      .reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    const share = ones / (60 * 128);
    // Seven standard deviations.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.04);
  });

  it('opens nothing under another role, another stream or with a letter changed', async () => {
    const { url, fragment } = await publish('mine');
    await publish('other');
    const id = url.split('/').at(-1) ?? '';
    const last = id.endsWith('A') ? 'Q' : 'A';
    const bent = [
      `/whep/mine/${id}`,
      `/whip/other/${id}`,
      `/whip/Mine/${id}`,
      `/whip/mine/${id.slice(0, -1)}${last}`,
      `/whip/mine/${id.slice(0, -1)}`,
      `/whip/mine/${id}A`,
      `/whip/mine/${id.toLowerCase()}`,
      '/whip/mine/constructor',
      '/whip/mine/__proto__',
    ];
    const patch = {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
      body: fragment,
    };
    for (const path of bent) {
      for (const request of [patch, { method: 'DELETE' }, { method: 'GET' }]) {
        const answer = await exchange(gateway.url(path), request);
        expect([path, request.method, answer.status]).toEqual([path, request.method, 404]);
      }
    }
    expect((await exchange(url, patch)).status).toBe(204);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
    // Nor does its tombstone.
    expect((await exchange(gateway.url(`/whep/mine/${id}`), { method: 'DELETE' })).status).toBe(404);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  });
});
