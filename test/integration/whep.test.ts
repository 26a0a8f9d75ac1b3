import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { attributeOf, makeFragment, makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const fragmentType = 'application/trickle-ice-sdpfrag';
const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 } as const;
const life = new AsyncDisposableStack();
let gateway: Gateway;
let recording: Recording;

beforeAll(async () => {
  gateway = life.use(await startGateway());
  recording = await makeRecording({ codec: 'h264', ...small });
  life.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/live'), recording }));
  await until('the stream is live', async () => (await gateway.stream('live'))?.live, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

const post = (stream: string, body = makeOffer({ role: 'viewer' })): Promise<Exchange> =>
  exchange(gateway.url(`/whep/${stream}`), { method: 'POST', headers: sdp, body });

describe('the WHEP endpoint', () => {
  it('answers OPTIONS, a preflight, GET, HEAD and wrong methods as the draft says', async () => {
    const url = gateway.url('/whep/live');
    const options = await exchange(url, { method: 'OPTIONS' });
    expect([options.status, options.headers['accept-post']]).toEqual([200, 'application/sdp']);
    const headers = { 'Access-Control-Request-Method': 'POST', Origin: 'https://page.example' };
    const preflight = await exchange(url, { method: 'OPTIONS', headers });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([200, '*']);
    const get = await exchange(url, { method: 'GET' });
    expect([get.status, get.body]).toEqual([204, '']);
    const head = await exchange(url, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers['content-type']).toMatch(/^application\/sdp/);
    const put = await exchange(url, { method: 'PUT' });
    expect([put.status, put.headers.allow?.includes('POST')]).toEqual([405, true]);
  });

  it('answers an offer with 201, Location, ETag and one sending stream', async () => {
    const created = await post('live');
    expect(created.status).toBe(201);
    expect(created.headers.location).toMatch(new RegExp(`^${gateway.origin}/whep/live/[\\w-]{22}$`));
    expect(created.headers.etag).toMatch(/^"[^"]+"$/);
    expect(created.headers['accept-patch']).toBe(fragmentType);
    const lines = created.body.split('\r\n');
    expect(lines.filter((line) => line === 'a=sendonly')).toHaveLength(2);
    expect(lines.filter((line) => line === 'a=setup:passive')).toHaveLength(2);
    const streams = lines
      .filter((line) => line.startsWith('a=msid:'))
      .map((line) => line.slice(7).split(' ')[0]);
    expect(new Set(streams).size).toBe(1);
  });

  it('answers 409 with Retry-After while nobody publishes', async () => {
    const answer = await post('nobody');
    expect(answer.status).toBe(409);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['access-control-expose-headers']).toContain('Retry-After');
    expect(problemOf(answer).code).toBe('no-publisher');
  });

  it('refuses what it cannot serve, each with its status', async () => {
    const good = makeOffer({ role: 'viewer' });
    const cases: readonly (readonly [string, number])[] = [
      [makeOffer({ role: 'publisher' }), 422],
      [good.replaceAll('a=recvonly', 'a=inactive'), 422],
      [good.replaceAll('a=setup:actpass', 'a=setup:holdconn'), 422],
      ['hello', 400],
      [' ', 400],
      [`${good}a=${'x'.repeat(70_000)}\r\n`, 413],
    ];
    for (const [offer, status] of cases) {
      const answer = await post('live', offer);
      expect([answer.status, offer.slice(0, 40)]).toEqual([status, offer.slice(0, 40)]);
      problemOf(answer);
    }
    const wrongType = await exchange(gateway.url('/whep/live'), { method: 'POST', body: good });
    expect([wrongType.status, wrongType.headers['accept-post']]).toEqual([415, 'application/sdp']);
  });

  it('answers a data channel beside the media instead of refusing the offer', async () => {
    const offer = makeOffer({ role: 'viewer' });
    const transport = offer.split('\r\n').filter((line) => /^a=(ice-ufrag|ice-pwd|setup)/.test(line));
    const application = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', 'a=mid:d']
      .concat([...new Set(transport), 'a=sctp-port:5000', ''])
      .join('\r\n');
    const answer = await post('live', offer.replace('BUNDLE a v0', 'BUNDLE a v0 d') + application);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatch(/^m=application 0 /m);
    expect(answer.body).toMatch(/^a=group:BUNDLE a v0\r$/m);
  });
});

describe('a WHEP session', () => {
  it('delivers every packet of both tracks and counts as one interactive viewer until DELETE', async () => {
    await using viewer = await CountingViewer.open(gateway.url('/whep/live'));
    await until('media flows', () => viewer.video.instants > 60 && viewer.audio.packets > 80, {
      timeoutMs: 20_000,
    });
    expect(viewer.video.missing).toBe(0);
    expect(viewer.audio.missing).toBe(0);
    await until('the API counts it', async () => (await gateway.stream('live'))?.viewers.interactive === 1, {
      timeoutMs: 15_000,
    });
    expect(await viewer.session.end()).toBe(200);
    expect(await viewer.session.end()).toBe(200);
    await until('the API forgets it', async () => (await gateway.stream('live'))?.viewers.interactive === 0, {
      timeoutMs: 5_000,
    });
  });

  it('takes trickle with 204, restarts ICE with 200, refuses stale tags with 412 and goes on', async () => {
    const offer = makeOffer({ role: 'viewer' });
    const created = await post('live', offer);
    const url = created.headers.location!;
    const etag = created.headers.etag!;
    const own = { ufrag: attributeOf(offer, 'ice-ufrag'), password: attributeOf(offer, 'ice-pwd') };
    const patch = (body: string, headers: Record<string, string>): Promise<Exchange> =>
      exchange(url, { method: 'PATCH', headers: { 'Content-Type': fragmentType, ...headers }, body });
    for (const headers of [{ 'If-Match': etag }, { 'If-Match': '*' }, { ETag: etag }, {}]) {
      expect((await patch(makeFragment(own), headers as Record<string, string>)).status).toBe(204);
    }
    const fresh = { ufrag: 'otherufrag', password: 'otherpasswordotherpassword' };
    const restarted = await patch(makeFragment(fresh), { 'If-Match': '*' });
    expect(restarted.status).toBe(200);
    expect(restarted.headers.etag).not.toBe(etag);
    expect((await patch(makeFragment(fresh), { 'If-Match': etag })).status).toBe(412);
    expect((await exchange(url, { method: 'GET' })).status).toBe(204);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  });

  it('keeps its connection and its numbering when another publisher takes the stream over', async () => {
    const whipUrl = gateway.url('/whip/takeover');
    await using first = await ObsPublisher.open({ whipUrl, recording });
    await until('the stream is live', async () => (await gateway.stream('takeover'))?.live, {
      timeoutMs: 10_000,
    });
    await using viewer = await CountingViewer.open(gateway.url('/whep/takeover'));
    await until('media flows', () => viewer.video.instants > 30, { timeoutMs: 20_000 });
    const { ssrc, payloadType } = viewer.video;
    // Counted over the takeover: its first packet must be the next one of the last publisher's.
    viewer.reset();
    await using second = await ObsPublisher.open({ whipUrl, recording });
    const before = viewer.video.instants;
    await until('media flows again', () => viewer.video.instants > before + 45, { timeoutMs: 20_000 });
    expect(viewer.connection).toBe('connected');
    expect([viewer.video.ssrc, viewer.video.payloadType]).toEqual([ssrc, payloadType]);
    expect([viewer.video.missing, viewer.audio.missing]).toEqual([0, 0]);
    expect(first.location).not.toBe(second.location);
  });

  it('stays through a pause of its publisher and sees it return', async () => {
    const whipUrl = gateway.url('/whip/pause');
    const first = await ObsPublisher.open({ whipUrl, recording });
    await until('the stream is live', async () => (await gateway.stream('pause'))?.live, {
      timeoutMs: 10_000,
    });
    await using viewer = await CountingViewer.open(gateway.url('/whep/pause'));
    await until('media flows', () => viewer.video.instants > 30, { timeoutMs: 20_000 });
    expect(await first.stop()).toBe(200);
    await using second = await ObsPublisher.open({ whipUrl, recording });
    viewer.reset();
    await until('media flows again', () => viewer.video.instants > 30, { timeoutMs: 20_000 });
    expect([viewer.connection, second.connection]).toEqual(['connected', 'connected']);
  });

  it('carries H.265, audio alone and video alone', async () => {
    const hevc = await makeRecording({ codec: 'h265', ...small });
    const cases = [
      ['hevc', { recording: hevc }, 'video'],
      ['sound', { recording, video: false }, 'audio'],
      ['silent', { recording, audio: false }, 'video'],
    ] as const;
    for (const [stream, options, kind] of cases) {
      await using sender = await ObsPublisher.open({
        whipUrl: gateway.url(`/whip/${stream}`),
        ...options,
      });
      await until(`${stream} is live`, async () => (await gateway.stream(stream))?.live, {
        timeoutMs: 10_000,
      });
      await using viewer = await CountingViewer.open(gateway.url(`/whep/${stream}`));
      await until(`${stream} flows`, () => viewer[kind].instants > 30, { timeoutMs: 20_000 });
      expect([viewer[kind].missing, sender.connection]).toEqual([0, 'connected']);
    }
  });

  it('is refused with a code that names both sides when no codec fits', async () => {
    const hevc = await makeRecording({ codec: 'h265', ...small });
    const whipUrl = gateway.url('/whip/unplayable');
    await using sender = await ObsPublisher.open({ whipUrl, recording: hevc, audio: false });
    await until('the stream is live', async () => (await gateway.stream('unplayable'))?.live, {
      timeoutMs: 10_000,
    });
    const answer = await post('unplayable', makeOffer({ role: 'viewer' }));
    expect(answer.status).toBe(422);
    const problem = problemOf(answer);
    expect(problem.code).toBe('no-common-codec');
    expect(sender.connection).toBe('connected');
    expect(problem.detail.toLowerCase()).toMatch(/h265.*h264|h264.*h265/s);
  });
});
