import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { openSignalling, type SignallingRig } from './signalling-rig.ts';

const sdp = { 'Content-Type': 'application/sdp' };
let rig: SignallingRig;

beforeAll(async () => {
  rig = await openSignalling({ offerValidMs: 30_000 });
  await post('/whip/live');
});
afterAll(() => rig[Symbol.asyncDispose]());

function post(
  path: string,
  headers: Record<string, string> = sdp,
  body = 'good',
  at = rig,
): Promise<Exchange> {
  return exchange(at.origin + path, { method: 'POST', headers, body });
}
const codeOf = (answer: Exchange): readonly [number, string] => [answer.status, problemOf(answer).code];

describe('an empty POST to WHEP', () => {
  test.each([
    ['without body and type', {}],
    ['that accepts SDP', { Accept: 'application/sdp' }],
    ['that accepts anything', { Accept: '*/*', 'Content-Length': '0' }],
    ['of type SDP', sdp],
    ['of type SDP, chunked', { ...sdp, 'Transfer-Encoding': 'chunked' }],
  ])('%s is answered with an offer', async (_how, headers) => {
    const answer = await post('/whep/live', headers, '');
    expect(answer.status).toBe(201);
    expect(answer.headers['content-type']).toBe('application/sdp');
    expect(answer.headers.location).toMatch(new RegExp(`^${rig.origin}/whep/live/[\\w-]{22}$`));
    expect(answer.headers['accept-patch']).toBe('application/sdp, application/trickle-ice-sdpfrag');
    expect(answer.headers['expires']).toBe(new Date(rig.clock.atMs + 30_000).toUTCString());
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.body).toBe('v=0\r\n');
    await exchange(answer.headers.location!, { method: 'DELETE' });
  });

  test('is refused when the client would not take SDP, where nobody publishes, and for WHIP', async () => {
    expect(codeOf(await post('/whep/live', { Accept: 'text/html' }, ''))).toEqual([
      406,
      'offer-not-acceptable',
    ]);
    const nobody = await post('/whep/nobody', {}, '');
    expect(codeOf(nobody)).toEqual([409, 'no-publisher']);
    expect(nobody.headers['retry-after']).toBe('2');
    expect(codeOf(await post('/whip/live', sdp, ''))).toEqual([400, 'empty-body']);
    expect(codeOf(await post('/whip/live', {}, ''))).toEqual([415, 'wrong-media-type']);
  });

  test('is not one with blanks in it, another type, or a body without a type', async () => {
    expect(codeOf(await post('/whep/live', sdp, ' \r\n'))).toEqual([400, 'empty-body']);
    expect(codeOf(await post('/whep/live', { 'Content-Type': 'text/plain' }, ''))).toEqual([
      415,
      'wrong-media-type',
    ]);
    expect(codeOf(await post('/whep/live', {}, 'good'))).toEqual([415, 'wrong-media-type']);
  });
});

describe('a counter-offer', () => {
  const offer = 'refuse:422:no-common-codec';
  test.each([
    { 'User-Agent': 'GStreamer whepclientsrc 1.28' },
    { 'User-Agent': 'simple-whep-client/2.0' },
    { Prefer: 'respond-async, counter-offer' },
    { Accept: 'application/sdp; valid-until="*", */*' },
  ])('goes to who understands it: %o', async (headers) => {
    const answer = await post('/whep/live', { ...sdp, ...(headers as Record<string, string>) }, offer);
    expect(answer.status).toBe(406);
    const until = new Date(rig.clock.atMs + 30_000).toUTCString();
    expect(answer.headers['content-type']).toBe(`application/sdp; valid-until="${until}"`);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.body).toBe('v=0\r\n');
    const reply = await exchange(answer.headers.location!, { method: 'PATCH', headers: sdp, body: 'answer' });
    expect([reply.status, reply.headers.etag]).toEqual([204, '"1"']);
    await exchange(answer.headers.location!, { method: 'DELETE' });
  });

  test.each([{}, { 'User-Agent': 'Mozilla/5.0 Chrome/156' }, { Accept: 'application/sdp' }])(
    'goes to nobody else: %o',
    async (headers) => {
      const answer = await post('/whep/live', { ...sdp, ...(headers as Record<string, string>) }, offer);
      expect(codeOf(answer)).toEqual([422, 'no-common-codec']);
    },
  );

  test('heals the shape of an offer, not malformed ones, and is nothing for WHIP', async () => {
    const headers = { ...sdp, Prefer: 'counter-offer' };
    const shape = await post('/whep/live', headers, 'refuse:422:wrong-direction');
    expect(shape.status).toBe(406);
    await exchange(shape.headers.location!, { method: 'DELETE' });
    expect(codeOf(await post('/whep/live', headers, 'bad'))).toEqual([400, 'bad-sdp']);
    expect(codeOf(await post('/whep/live', headers, 'refuse:422:b-frames'))).toEqual([422, 'b-frames']);
    expect(codeOf(await post('/whip/live', headers, offer))).toEqual([422, 'no-common-codec']);
  });
});

describe('a full node', () => {
  test('sends newcomers to the other one, path and query kept, and never back', async () => {
    await using full = await openSignalling({ overflowUrl: 'https://b.example.org/edge/' });
    const send = (path: string): Promise<Exchange> => post(path, sdp, 'refuse:503:too-many-streams', full);
    for (const path of ['/whip/live', '/whep/live']) {
      const moved = await send(`${path}?maxHeight=360`);
      expect(moved.status).toBe(307);
      expect(moved.headers.location).toBe(`https://b.example.org/edge${path}?maxHeight=360&overflow=1`);
      expect(moved.headers['cache-control']).toBe('no-store');
    }
    expect((await send('/whip/live')).headers.location).toBe(
      'https://b.example.org/edge/whip/live?overflow=1',
    );
    const back = await send('/whip/live?overflow=1');
    expect(back.status).toBe(503);
  });

  test('that is going down sends them there too, those that want an offer as well', async () => {
    await using full = await openSignalling({ overflowUrl: 'https://b.example.org' });
    await post('/whip/live', sdp, 'good', full);
    full.deps.streams.refuseNew();
    for (const [path, body] of [
      ['/whip/live', 'good'],
      ['/whep/live', 'good'],
      ['/whep/live', ''],
    ] as const)
      expect((await post(path, sdp, body, full)).status).toBe(307);
  });

  test('without another one says when to come again, in whole seconds', async () => {
    await using full = await openSignalling();
    full.deps.streams.refuseNew();
    const answer = await post('/whip/live', sdp, 'good', full);
    expect(codeOf(answer)).toEqual([503, 'shutting-down']);
    expect(answer.headers['retry-after']).toBe('3');
  });

  test('keeps refusals that no other node would heal', async () => {
    await using full = await openSignalling({ overflowUrl: 'https://b.example.org' });
    expect((await post('/whip/live', sdp, 'bad', full)).status).toBe(400);
    expect((await post('/whep/nobody', sdp, 'good', full)).status).toBe(409);
  });
});
