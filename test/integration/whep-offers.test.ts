import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AnsweringViewer } from '#test/kit/answering-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeFragment, makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const offerValidMs = 3_000;
const life = new AsyncDisposableStack();
let gateway: Gateway;
let recording: Recording;

beforeAll(async () => {
  const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 };
  [gateway, recording] = await Promise.all([
    startGateway({ env: { FRONTROW_SESSION__OFFER_VALID_MS: String(offerValidMs) } }).then((made) =>
      life.use(made),
    ),
    makeRecording({ codec: 'h264', ...small }),
  ]);
  life.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/live'), recording }));
  await until('the stream is live', async () => (await gateway.stream('live'))?.live, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

const ask = (
  stream: string,
  headers: Record<string, string> = { Accept: 'application/sdp' },
): Promise<Exchange> => exchange(gateway.url(`/whep/${stream}`), { method: 'POST', headers });
const viewers = async (): Promise<number | undefined> => (await gateway.stream('live'))?.viewers.interactive;

describe('a viewer that asks for an offer', () => {
  it('is offered the stream, answers, and gets every track', async () => {
    const offered = await ask('live');
    expect(offered.status).toBe(201);
    expect(offered.headers['content-type']).toBe('application/sdp');
    const lines = offered.body.split('\r\n');
    expect(lines.filter((line) => line === 'a=sendonly')).toHaveLength(2);
    expect(lines.filter((line) => line === 'a=setup:actpass')).toHaveLength(2);
    expect(lines).toContain('a=group:BUNDLE 0 1');
    expect(lines.indexOf('a=ice-lite')).toBeLessThan(lines.findIndex((line) => line.startsWith('m=')));
    const validMs = Date.parse(offered.headers['expires'] ?? '') - Date.parse(offered.headers.date ?? '');
    expect(Math.abs(validMs - offerValidMs)).toBeLessThanOrEqual(1_000);

    await using viewer = new AnsweringViewer(offered);
    const reply = await viewer.send();
    expect([reply.status, reply.body]).toEqual([204, '']);
    expect(reply.headers.etag).toMatch(/^"[^"]+"$/);
    await until('both tracks flow', () => ['0', '1'].every((mid) => (viewer.packets.get(mid) ?? 0) > 60), {
      timeoutMs: 20_000,
      detail: () => [viewer.connection, [...viewer.packets]],
    });
    // The offer's time is over by now; it was answered, so that means nothing any more.
    await sleep(offerValidMs);
    expect(viewer.connection).toBe('connected');
    expect((await viewer.send()).status).toBe(204);
    const trickle = {
      'Content-Type': 'application/trickle-ice-sdpfrag',
      'If-Match': reply.headers.etag ?? '',
    };
    const restart = makeFragment({ ufrag: 'freshufrag', password: 'freshpasswordfreshpassword' });
    const restarted = await exchange(viewer.location, {
      method: 'PATCH',
      headers: { ...trickle, 'If-Match': '*' },
      body: restart,
    });
    expect(restarted.status).toBe(200);
    const late = await exchange(viewer.location, { method: 'PATCH', headers: trickle, body: restart });
    expect(late.status).toBe(412);
  });

  it('may send SDP’s media type with an empty body, as one player does', async () => {
    const offered = await ask('live', { ...sdp, 'Content-Length': '0' });
    await using viewer = new AnsweringViewer(offered);
    expect([offered.status, (await viewer.send()).status]).toEqual([201, 204]);
  });

  it('is told what is wrong with its answer and may try again', async () => {
    await using viewer = new AnsweringViewer(await ask('live'));
    const answer = await viewer.answer();
    const cases: readonly (readonly [string, number, string])[] = [
      ['hello', 400, 'bad-sdp'],
      [answer.replaceAll('a=setup:active', 'a=setup:actpass'), 422, 'wrong-setup'],
      [answer.replaceAll(/a=fingerprint:.*\r\n/g, ''), 400, 'sdp-no-fingerprint'],
      [answer.replaceAll('a=recvonly', 'a=sendonly'), 422, 'wrong-direction'],
      [answer.slice(0, answer.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0'), 422, 'answer-mismatch'],
      [`${answer}a=${'x'.repeat(70_000)}\r\n`, 413, 'sdp-too-large'],
    ];
    for (const [bad, status, code] of cases) {
      const refused = await viewer.send(bad);
      expect([refused.status, problemOf(refused).code]).toEqual([status, code]);
    }
    expect((await viewer.send()).status).toBe(204);
    const other = await viewer.send(answer.replace('s=-', 's=another'));
    expect([other.status, problemOf(other).code]).toEqual([422, 'already-answered']);
    await until('it is connected all the same', () => viewer.connection === 'connected', {
      timeoutMs: 10_000,
    });
  });

  it('loses its seat when it does not answer in time: 404 for the answer, 200 for DELETE', async () => {
    await until('nobody is left of before', async () => (await viewers()) === 0, { timeoutMs: 15_000 });
    await using viewer = new AnsweringViewer(await ask('live'));
    expect(await viewers()).toBe(1);
    await until('the offer is dropped', async () => (await viewers()) === 0, { timeoutMs: 15_000 });
    const late = await viewer.send();
    expect([late.status, problemOf(late).code]).toEqual([404, 'session-not-found']);
    expect((await exchange(viewer.location, { method: 'DELETE' })).status).toBe(200);
  });

  it('is offered what there is: sound alone', async () => {
    const whipUrl = gateway.url('/whip/sound');
    await using sender = await ObsPublisher.open({ whipUrl, recording, video: false });
    await until('it is live', async () => (await gateway.stream('sound'))?.live, { timeoutMs: 10_000 });
    await using viewer = new AnsweringViewer(await ask('sound'));
    expect(viewer.offered.body.match(/^m=/gm)).toHaveLength(1);
    expect((await viewer.send()).status).toBe(204);
    await until('it flows', () => (viewer.packets.get('0') ?? 0) > 30, { timeoutMs: 20_000 });
    expect(sender.connection).toBe('connected');
  });

  it('is refused like any other: 409 without a publisher, 406 when it takes no SDP', async () => {
    const nobody = await ask('nobody');
    expect([nobody.status, problemOf(nobody).code]).toEqual([409, 'no-publisher']);
    expect(Number(nobody.headers['retry-after'])).toBeGreaterThan(0);
    const picky = await ask('live', { Accept: 'text/html' });
    expect([picky.status, problemOf(picky).code]).toEqual([406, 'offer-not-acceptable']);
  });
});

describe('a viewer whose offer cannot be answered', () => {
  it('gets a counter-offer when it knows these, answers it and plays', async () => {
    const answer = await exchange(gateway.url('/whep/live'), {
      method: 'POST',
      headers: { ...sdp, Prefer: 'counter-offer' },
      body: makeOffer({ role: 'viewer' }).replaceAll('H264', 'H263').replaceAll('opus', 'speex'),
    });
    expect(answer.status).toBe(406);
    expect(answer.headers['content-type']).toMatch(
      /^application\/sdp; valid-until="\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT"$/,
    );
    expect(answer.headers.etag).toMatch(/^"[^"]+"$/);
    await using viewer = new AnsweringViewer(answer);
    const reply = await viewer.send();
    expect([reply.status, reply.headers.etag]).toEqual([204, answer.headers.etag]);
    await until('it flows', () => (viewer.packets.get('1') ?? 0) > 30, { timeoutMs: 20_000 });
  });

  it('is refused with 422 otherwise, because other clients take 406 for something else', async () => {
    const body = makeOffer({ role: 'viewer' }).replaceAll('H264', 'H263').replaceAll('opus', 'speex');
    const answer = await exchange(gateway.url('/whep/live'), { method: 'POST', headers: sdp, body });
    expect([answer.status, problemOf(answer).code]).toEqual([422, 'no-common-codec']);
  });
});
