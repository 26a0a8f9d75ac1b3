import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { openSignalling, type SignallingRig } from './signalling-rig.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const fragment = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
let lenient: SignallingRig;
let strict: SignallingRig;
beforeAll(async () => {
  lenient = await openSignalling();
  strict = await openSignalling({ strictEtags: true });
});
afterAll(async () => {
  await lenient[Symbol.asyncDispose]();
  await strict[Symbol.asyncDispose]();
});

const patch = (url: string, headers: Record<string, string>, body: string): Promise<Exchange> =>
  exchange(url, { method: 'PATCH', headers, body });
const codeOf = (answer: Exchange): readonly [number, string] => [answer.status, problemOf(answer).code];

async function open(rig: SignallingRig, path: string, body = 'good'): Promise<string> {
  const answer = await exchange(rig.origin + path, { method: 'POST', headers: sdp, body });
  return answer.headers.location ?? '';
}

describe('a session that we offered', () => {
  let url: string;
  beforeEach(async () => {
    await open(lenient, '/whip/a');
    url = await open(lenient, '/whep/a', '');
  });

  test('takes the answer with 204 and the tag of the ICE session that begins', async () => {
    const answer = await patch(url, { 'Content-Type': 'Application/SDP; charset=utf-8' }, 'answer');
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([204, '', '"1"']);
    expect(lenient.gateway.peers.at(-1)?.answers).toEqual(['answer']);
    expect((await patch(url, fragment, 'a=x')).status).toBe(204);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  });

  test('refuses a malformed answer and may be answered again', async () => {
    expect(codeOf(await patch(url, sdp, 'bad'))).toEqual([400, 'bad-sdp']);
    expect(codeOf(await patch(url, sdp, ''))).toEqual([400, 'empty-body']);
    expect((await patch(url, sdp, 'answer')).status).toBe(204);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  });

  test('is gone with its stream: the answer comes to nothing, DELETE is still 200', async () => {
    await lenient.gateway.peers.at(-1)?.[Symbol.asyncDispose]();
    expect(codeOf(await patch(url, sdp, 'answer'))).toEqual([404, 'session-not-found']);
    expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  });
});

test('a session that began with the client’s offer takes no answer', async () => {
  const url = await open(lenient, '/whip/a');
  expect(codeOf(await patch(url, sdp, 'v=0'))).toEqual([422, 'no-offer-from-server']);
  const unknown = `${url.slice(0, -22)}${'A'.repeat(22)}`;
  expect(codeOf(await patch(unknown, sdp, 'v=0'))).toEqual([404, 'session-not-found']);
});

test('a session that ends while its PATCH is on the way is not found any more', async () => {
  const url = await open(lenient, '/whip/a');
  const slow = request(url, { method: 'PATCH', headers: fragment, agent: false });
  const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
  slow.write('a=');
  expect((await exchange(url, { method: 'DELETE' })).status).toBe(200);
  slow.end('x');
  const [incoming] = await answered;
  incoming.resume();
  expect(incoming.statusCode).toBe(404);
});

test('entity tags are judged leniently or strictly; only lenience reads the ETag that some players send', async () => {
  for (const [rig, rule] of [
    [lenient, 'lenient'],
    [strict, 'strict'],
  ] as const) {
    const url = await open(rig, '/whip/b');
    const peer = rig.gateway.peers.at(-1);
    await patch(url, { ...fragment, 'If-Match': '"x"' }, 'a=x');
    await patch(url, { ...fragment, ETag: '"y"' }, 'a=x');
    expect(peer?.rules).toEqual([rule, rule]);
    expect(peer?.tags).toEqual(['"x"', rule === 'lenient' ? '"y"' : undefined]);
  }
});

test.each(['PUT', 'POST'])('%s does nothing here, whether there is such a session or not', async (method) => {
  const url = await open(lenient, '/whip/a');
  for (const at of [url, `${lenient.origin}/whep/a/${'A'.repeat(22)}`]) {
    const answer = await exchange(at, { method, headers: sdp, body: 'v=0' });
    expect(codeOf(answer)).toEqual([405, 'method-not-allowed']);
    expect(answer.headers.allow).toBe('OPTIONS, GET, HEAD, PATCH, DELETE');
  }
});

test('GET, HEAD and OPTIONS say little', async () => {
  const url = await open(lenient, '/whip/a');
  for (const method of ['GET', 'HEAD']) {
    const answer = await exchange(url, { method });
    expect([answer.status, answer.body]).toEqual([204, '']);
  }
  const options = await exchange(url, { method: 'OPTIONS' });
  expect([options.status, options.headers['accept-patch']]).toEqual([200, fragment['Content-Type']]);
});
