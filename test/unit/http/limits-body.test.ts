import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { boundBody, refuseBody, textBody } from '#src/http/limits-body.ts';
import { sendProblem } from '#src/http/problem.ts';
import { exchange, problemOf } from '#test/kit/http-exchange.ts';

let server: Server;
let readBytes = 0;

beforeAll(async () => {
  const app = express();
  app.use(refuseBody);
  app.post('/echo', textBody, (request, response) => void response.json(request.body));
  app.post('/unread', (_request, response) => void response.status(403).end('no'));
  const problems: ErrorRequestHandler = (error, _request, response, _next) =>
    sendProblem(error, response, silentLog);
  app.use(problems);
  server = createServer((request, response) => {
    const { socket } = request;
    response.once('close', () => (readBytes = socket.bytesRead));
    boundBody(request, response);
    app(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;
const url = (path: string): string => `http://127.0.0.1:${port()}${path}`;
const post = (body: string | Uint8Array, headers: Record<string, string> = {}): ReturnType<typeof exchange> =>
  exchange(url('/echo'), { method: 'POST', headers, body });

test('a body of up to 64 KiB comes through as it is, its byte order mark too', async () => {
  for (const text of ['', 'v=0\r\n', '\ufeffö', 'a'.repeat(65_536)])
    expect(JSON.parse((await post(text)).body)).toBe(text);
});

test('more, a compressed one and broken UTF-8 are refused', async () => {
  const refusals = [
    await post('a'.repeat(65_537)),
    await post(gzipSync('v=0'), { 'Content-Encoding': 'gzip' }),
    await post(gzipSync(Buffer.alloc(10_000_000)), { 'Content-Encoding': 'br' }),
    await post(Buffer.of(0xc3, 0x28)),
  ];
  expect(refusals.map((answer) => [answer.status, problemOf(answer).code])).toEqual([
    [413, 'sdp-too-large'],
    [415, 'content-encoding'],
    [415, 'content-encoding'],
    [400, 'bad-body'],
  ]);
});

/** Sends without end until the server answers, then goes on until it is cut; gives what was answered. */
async function pour(head: string, chunk: Buffer): Promise<{ answer: string; socket: Socket }> {
  const socket = connect(port(), '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  socket.on('error', () => undefined); // the cut that is looked for
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  socket.write(head);
  more();
  await new Promise((resolve) => socket.once('close', resolve));
  return { answer, socket };
}

test.each([
  ['a gigabyte announced', '/echo', 'Content-Length: 1000000000', 413],
  ['chunks without end', '/echo', 'Transfer-Encoding: chunked', 413],
  ['chunks without end that nobody reads', '/unread', 'Transfer-Encoding: chunked', 403],
])('%s is refused early, hardly read, and then cut', async (_, path, header, status) => {
  const chunk = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x4000, 'a'), Buffer.from('\r\n')]);
  const { answer } = await pour(`POST ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`, chunk);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  // What Node had taken in a few reads of 64 KiB before it was told to stop.
  expect(readBytes).toBeLessThan(400_000);
});

test('a client that goes away in the middle disturbs nobody', async () => {
  const socket = connect(port(), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  expect((await post('still there')).status).toBe(200);
});

test('a refused request of an honest client leaves its connection open', async () => {
  const socket = connect(port(), '127.0.0.1');
  const request = 'POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nv=0\r\n';
  let answers = '';
  socket.on('data', (data) => (answers += data.toString()));
  for (const count of [1, 2]) {
    socket.write(request);
    await expect.poll(() => answers.match(/HTTP\/1\.1 403/g)?.length ?? 0, { timeout: 10_000 }).toBe(count);
  }
  socket.destroy();
});
