import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  deleteSession,
  patchIceRestart,
  postOffer,
  readProblem,
  SignallingError,
} from '#public/shared/signalling.ts';

const never = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusalOf(promise: Promise<unknown>): Promise<SignallingError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SignallingError);
  return error as SignallingError;
}

describe('postOffer', () => {
  it('sends SDP with the token and reads answer, session, tag and ICE servers', async () => {
    const seen: unknown[] = [];
    const base = await serve((request, response, body) => {
      seen.push(request.method, request.headers['content-type'], request.headers.authorization, body);
      response.writeHead(201, {
        'Content-Type': 'application/sdp',
        Location: '/whip/s/abc',
        ETag: '"1"',
        Link: [
          '<stun:s>; rel="ice-server"',
          '<turn:t>; rel="ice-server"; username="u"; credential="c"',
          '</whip/s/abc/doctor>; rel="urn:x:doctor"',
        ],
      });
      response.end('v=0\r\nanswer');
    });
    const answer = await postOffer({ url: `${base}/whip/s`, token: 'secret' }, 'v=0\r\noffer', never);
    expect(seen).toEqual(['POST', 'application/sdp', 'Bearer secret', 'v=0\r\noffer']);
    expect(answer).toEqual({
      answer: 'v=0\r\nanswer',
      sessionUrl: `${base}/whip/s/abc`,
      etag: '"1"',
      iceServers: [{ urls: 'stun:s' }, { urls: 'turn:t', username: 'u', credential: 'c' }],
      links: [
        { target: 'stun:s', parameters: { rel: 'ice-server' } },
        { target: 'turn:t', parameters: { rel: 'ice-server', username: 'u', credential: 'c' } },
        { target: `${base}/whip/s/abc/doctor`, parameters: { rel: 'urn:x:doctor' } },
      ],
    });
  });

  it('turns a refusal into the gateway’s own words, code and patience', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(409, { 'Content-Type': 'application/problem+json', 'Retry-After': '2' });
      response.end(
        JSON.stringify({ title: 'Conflict', code: 'no-publisher', detail: 'Nobody publishes "s".' }),
      );
    });
    const error = await refusalOf(postOffer({ url: base }, 'v=0', never));
    expect(error).toMatchObject({
      status: 409,
      code: 'no-publisher',
      message: 'Nobody publishes "s".',
      retryAfterMs: 2_000,
      temporary: true,
    });
  });

  it('says so when the other side is no WHIP endpoint, refuses for good, or is not there', async () => {
    const page = await serve((_request, response) => response.end('<html>'));
    expect((await refusalOf(postOffer({ url: page }, 'v=0', never))).temporary).toBe(false);
    const strict = await serve((_request, response) => response.writeHead(422).end('no json'));
    expect(await refusalOf(postOffer({ url: strict }, 'v=0', never))).toMatchObject({
      status: 422,
      temporary: false,
      message: 'The server refused with status 422.',
    });
    const gone = await serve((request) => request.socket.destroy());
    expect(await refusalOf(postOffer({ url: gone }, 'v=0', never))).toMatchObject({
      status: 0,
      temporary: true,
    });
  });

  it('stops at once when called off', async () => {
    const base = await serve(() => undefined);
    const abort = new AbortController();
    const pending = postOffer({ url: base }, 'v=0', abort.signal);
    abort.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });
});

describe('the session', () => {
  it('restarts ICE with If-Match *', async () => {
    const seen: unknown[] = [];
    const base = await serve((request, response, body) => {
      seen.push(request.method, request.headers['content-type'], request.headers['if-match'], body);
      response.writeHead(200, { ETag: '"2"' }).end('a=ice-ufrag:x\r\n');
    });
    expect(await patchIceRestart({ url: base }, 'fragment', never)).toBe('a=ice-ufrag:x\r\n');
    expect(seen).toEqual(['PATCH', 'application/trickle-ice-sdpfrag', '*', 'fragment']);
  });

  it('takes a session that is already gone as deleted, and nothing else', async () => {
    let status = 404;
    const base = await serve((_request, response) => response.writeHead(status).end());
    await expect(deleteSession({ url: base }, never)).resolves.toBeUndefined();
    status = 500;
    expect((await refusalOf(deleteSession({ url: base }, never))).status).toBe(500);
  });
});

it('reads problem+json leniently', () => {
  expect(readProblem('{"error":"old style"}')).toEqual({ code: '', detail: 'old style', title: '' });
  expect(readProblem('null')).toEqual({ code: '', detail: '', title: '' });
  expect(readProblem('<html>')).toEqual({ code: '', detail: '', title: '' });
});
