import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { attributeOf, makeFragment, makeOffer } from '#test/kit/offers.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const fragmentType = 'application/trickle-ice-sdpfrag';
const life = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = life.use(await startGateway());
});
afterAll(() => life.disposeAsync());

const post = (stream: string, body = makeOffer({ role: 'publisher' })): Promise<Exchange> =>
  exchange(gateway.url(`/whip/${stream}`), { method: 'POST', headers: sdp, body });

describe('the WHIP endpoint', () => {
  it('answers a preflight with CORS by name and nothing that needs a token', async () => {
    const answer = await exchange(gateway.url('/whip/a'), {
      method: 'OPTIONS',
      headers: { Origin: 'https://page.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    const methods = answer.headers['access-control-allow-methods'];
    for (const method of ['POST', 'PATCH', 'DELETE']) expect(methods).toContain(method);
    const headers = answer.headers['access-control-allow-headers'];
    for (const name of ['Authorization', 'Content-Type', 'If-Match']) expect(headers).toContain(name);
    expect(answer.headers['accept-post']).toBe('application/sdp');
    expect(answer.headers['link']).toBeUndefined();
  });

  it('answers OPTIONS with Accept-Post, and no Link when no ICE server is configured', async () => {
    const answer = await exchange(gateway.url('/whip/a'), { method: 'OPTIONS' });
    expect(answer.status).toBe(200);
    expect(answer.headers['accept-post']).toBe('application/sdp');
    expect(answer.headers['link']).toBeUndefined();
  });

  it('answers GET and HEAD with success and no content, other methods with 405', async () => {
    const [get, head, put] = await Promise.all(
      ['GET', 'HEAD', 'PUT'].map((method) => exchange(gateway.url('/whip/a'), { method })),
    );
    expect([get?.status, get?.body]).toEqual([204, '']);
    expect(head?.status).toBe(204);
    expect(put?.status).toBe(405);
    expect(put?.headers.allow).toContain('POST');
    expect(problemOf(put!).code).toBe('method-not-allowed');
  });

  it('answers an offer with 201, an absolute Location, a strong ETag and a complete answer', async () => {
    const created = await post('created');
    expect(created.status).toBe(201);
    expect(created.headers['content-type']).toMatch(/^application\/sdp/);
    expect(created.headers.location).toMatch(new RegExp(`^${gateway.origin}/whip/created/[\\w-]{22}$`));
    expect(created.headers.etag).toMatch(/^"[^"]+"$/);
    expect(created.headers['accept-patch']).toBe(fragmentType);
    expect(created.headers['access-control-expose-headers']).toContain('Location');
    // No ICE server is configured; what Link there is leads to the doctor of this session.
    expect(created.lines('Link')).toEqual([
      `<${created.headers.location}/doctor>; rel="urn:frontrow:whip:doctor"`,
    ]);
    const lines = created.body.split('\r\n');
    expect(created.body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(lines.indexOf('a=ice-lite')).toBeLessThan(lines.findIndex((line) => line.startsWith('m=')));
    expect(lines).toContain('a=group:BUNDLE a v0');
    expect(lines.filter((line) => line === 'a=recvonly')).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('a=setup:'))).toEqual([
      'a=setup:passive',
      'a=setup:passive',
    ]);
    expect(attributeOf(created.body, 'candidate')).toContain(`127.0.0.1 ${gateway.rtcPort} typ host`);
  });

  it('takes the media type in any case and with parameters', async () => {
    const headers = { 'Content-Type': 'Application/SDP; charset=utf-8' };
    const body = makeOffer({ role: 'publisher' });
    const answer = await exchange(gateway.url('/whip/mime'), { method: 'POST', headers, body });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['only audio', { audio: true, videos: 0 }],
    ['only video', { audio: false, videos: 1 }],
  ])('takes an offer of %s', async (_what, parts) => {
    const answer = await post('part', makeOffer({ role: 'publisher', ...parts }));
    expect(answer.status).toBe(201);
    expect(answer.body.match(/^m=/gm)).toHaveLength(1);
  });

  it('refuses what it must not take, each with its status and a code', async () => {
    const good = makeOffer({ role: 'publisher' });
    const cases: readonly (readonly [string, number])[] = [
      [makeOffer({ role: 'viewer' }), 422],
      [good.replaceAll('a=sendonly', 'a=inactive'), 422],
      [makeOffer({ role: 'publisher', videos: 2 }), 422],
      [good.replaceAll('a=setup:actpass', 'a=setup:holdconn'), 422],
      [good.replace(/a=fingerprint:.*\r\n/, ''), 400],
      [good.replaceAll(/a=ice-ufrag:.*\r\n/g, ''), 400],
      ['v=0\r\nhello', 400],
      ['{}', 400],
      ['', 400],
      [`${good}a=${'x'.repeat(70_000)}\r\n`, 413],
    ];
    for (const [offer, status] of cases) {
      const answer = await post('refused', offer);
      expect([answer.status, offer.slice(0, 40)]).toEqual([status, offer.slice(0, 40)]);
      expect(problemOf(answer).code).toMatch(/^[a-z][a-z-]+$/);
    }
    expect((await gateway.stream('refused'))?.live ?? false).toBe(false);
  });

  it('refuses another media type with 415 and Accept-Post', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await exchange(gateway.url('/whip/a'), { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(415);
    expect(answer.headers['accept-post']).toBe('application/sdp');
    expect(problemOf(answer).code).toBe('wrong-media-type');
  });

  it('refuses an impossible stream name with 400', async () => {
    const answer = await post('-bad%20name');
    expect(problemOf(answer).code).toBe('bad-stream-id');
    expect(answer.status).toBe(400);
  });
});

describe('a WHIP session', () => {
  const open = async (
    stream: string,
  ): Promise<{ url: string; etag: string; ufrag: string; password: string }> => {
    const offer = makeOffer({ role: 'publisher' });
    const created = await post(stream, offer);
    const credentials = { ufrag: attributeOf(offer, 'ice-ufrag'), password: attributeOf(offer, 'ice-pwd') };
    return { url: created.headers.location!, etag: created.headers.etag!, ...credentials };
  };
  const patch = (url: string, body: string, ifMatch?: string): Promise<Exchange> => {
    const match = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
    return exchange(url, { method: 'PATCH', headers: { 'Content-Type': fragmentType, ...match }, body });
  };

  it('takes trickled candidates with 204 and no ETag, however leniently If-Match is set', async () => {
    const session = await open('trickle');
    for (const ifMatch of [session.etag, '*', '"*"', undefined]) {
      const answer = await patch(session.url, makeFragment(session), ifMatch);
      expect([answer.status, answer.body, answer.headers.etag]).toEqual([204, '', undefined]);
    }
  });

  it('restarts ICE on new credentials: 200, a new ETag, our own new credentials and every candidate', async () => {
    const session = await open('restart');
    const fresh = { ufrag: 'freshufrag', password: 'freshpasswordfreshpassword' };
    const answer = await patch(session.url, makeFragment(fresh), '*');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(new RegExp(`^${fragmentType}`));
    expect(answer.headers.etag).toMatch(/^"[^"]+"$/);
    expect(answer.headers.etag).not.toBe(session.etag);
    expect(attributeOf(answer.body, 'ice-ufrag')).toMatch(/^[\w+/]{4,}$/);
    expect(attributeOf(answer.body, 'candidate')).toContain(`127.0.0.1 ${gateway.rtcPort}`);
    const late = await patch(session.url, makeFragment(fresh), session.etag);
    expect(late.status).toBe(412);
    expect(problemOf(late).code).toBe('stale-etag');
    const current = await patch(session.url, makeFragment(fresh), answer.headers.etag);
    expect(current.status).toBe(204);
  });

  it('refuses bad patches and stays alive', async () => {
    const session = await open('patches');
    const stale = await patch(session.url, makeFragment(session), '"an-older-one"');
    expect([stale.status, problemOf(stale).code]).toEqual([412, 'stale-etag']);
    const broken = await patch(session.url, 'a=ice-ufrag:\r\n\0', '*');
    expect([broken.status, problemOf(broken).code]).toEqual([400, 'bad-sdp-fragment']);
    const wrongType = await exchange(session.url, {
      method: 'PATCH',
      headers: { 'Content-Type': 'text/plain' },
      body: makeFragment(session),
    });
    expect([wrongType.status, wrongType.headers['accept-patch']]).toEqual([415, fragmentType]);
    const answerSdp = await exchange(session.url, { method: 'PATCH', headers: sdp, body: 'v=0\r\n' });
    expect(answerSdp.status).toBe(422);
    const oversized = await patch(session.url, 'a=x:'.padEnd(70_000, 'x'), '*');
    expect(oversized.status).toBe(413);
    expect((await patch(session.url, makeFragment(session), session.etag)).status).toBe(204);
  });

  it('answers GET with 204, other methods with 405, and unknown sessions with 404', async () => {
    const session = await open('methods');
    expect((await exchange(session.url, { method: 'GET' })).status).toBe(204);
    const wrong = await exchange(session.url, { method: 'POST', headers: sdp, body: 'v=0' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.allow).toContain('DELETE');
    const unknown = `${session.url.slice(0, -22)}${'A'.repeat(22)}`;
    for (const method of ['GET', 'DELETE']) {
      const answer = await exchange(unknown, { method });
      expect([answer.status, method]).toEqual([404, method]);
    }
    expect(problemOf(await patch(unknown, makeFragment(session), '*')).code).toBe('session-not-found');
    const otherRole = await exchange(session.url.replace('/whip/', '/whep/'), { method: 'DELETE' });
    expect(otherRole.status).toBe(404);
  });

  it('ends on DELETE with exactly 200, whatever If-Match says, and again on a second DELETE', async () => {
    const session = await open('delete');
    for (let turn = 0; turn < 2; turn++) {
      const answer = await exchange(session.url, { method: 'DELETE', headers: { 'If-Match': '"stale"' } });
      expect([answer.status, turn]).toEqual([200, turn]);
    }
    expect((await patch(session.url, makeFragment(session), '*')).status).toBe(404);
  });
});

describe('a publisher with media', () => {
  it('makes the stream live, is taken over by the next one, and may say goodbye after it', async () => {
    const recording = await makeRecording({
      codec: 'h264',
      width: 320,
      height: 180,
      bitrateBps: 300_000,
      seconds: 2,
      keyframeSeconds: 1,
    });
    const whipUrl = gateway.url('/whip/media');
    await using first = await ObsPublisher.open({ whipUrl, recording });
    await until('the stream is live', async () => (await gateway.stream('media'))?.live, {
      timeoutMs: 10_000,
    });
    const facts = await gateway.stream('media');
    expect(facts?.publisher?.codecs.toSorted()).toEqual(['h264', 'opus']);
    await using second = await ObsPublisher.open({ whipUrl, recording });
    expect(second.location).not.toBe(first.location);
    expect(await first.stop()).toBe(200);
    expect((await gateway.stream('media'))?.live).toBe(true);
    expect(await second.stop()).toBe(200);
    await until('the stream is over', async () => !(await gateway.stream('media'))?.live, {
      timeoutMs: 10_000,
    });
  });
});

describe('configured ICE servers', () => {
  it('are named in Link, one line each, on OPTIONS and 201 but not on a preflight', async () => {
    const config = [
      'http:',
      '  iceServers:',
      '    - url: turn:turn.example.org:3478?transport=udp',
      '      username: someone',
      '      credential: secret',
      '    - url: stun:stun.example.org:3478',
      '',
    ].join('\n');
    await using configured = await startGateway({ config });
    const url = configured.url('/whip/a');
    const created = await exchange(url, {
      method: 'POST',
      headers: sdp,
      body: makeOffer({ role: 'publisher' }),
    });
    const links = created.lines('Link').filter((link) => link.includes('rel="ice-server"'));
    expect(links).toHaveLength(2);
    expect(links[1]).toBe(
      '<turn:turn.example.org:3478?transport=udp>; rel="ice-server"; username="someone"; credential="secret"; credential-type="password"',
    );
    expect(links[0]).toBe('<stun:stun.example.org:3478>; rel="ice-server"');
    const options = await exchange(url, { method: 'OPTIONS' });
    expect(options.lines('Link')).toEqual(links);
    const headers = { 'Access-Control-Request-Method': 'POST' };
    const preflight = await exchange(url, { method: 'OPTIONS', headers });
    expect(preflight.lines('Link')).toEqual([]);
  });
});
