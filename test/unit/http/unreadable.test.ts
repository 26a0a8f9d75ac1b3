import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { Unreadable, unreadableAnswer } from '#src/http/unreadable.ts';
import { openHttpsRig } from '#test/kit/https-rig.ts';

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers /begin with half an answer and /never with none; what a connection to it hears until it is closed. */
async function talk(...sent: readonly string[]): Promise<string> {
  const unreadable = new Unreadable();
  server = createServer((request, response) => {
    unreadable.note(request, response);
    if (request.url === '/begin') response.write('half');
    else if (request.url !== '/never') response.end('whole');
  });
  unreadable.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  const closed = once(socket, 'close');
  for (const [index, text] of sent.entries()) {
    socket.write(text);
    if (index < sent.length - 1) await once(socket, 'data');
  }
  await closed;
  return heard;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const problem = (heard: string): unknown => JSON.parse(heard.slice(heard.lastIndexOf('\r\n\r\n')));

describe('what the parser does not understand', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a length that is none', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is answered so that pages can read it, and ends the connection: %s', async (_what, sent, status) => {
    const heard = await talk(sent);
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const line of [
      'Access-Control-Allow-Origin: *',
      'Cache-Control: no-store',
      'Content-Type: application/problem+json',
      'Connection: close',
    ])
      expect(heard).toContain(`\r\n${line}\r\n`);
    expect(problem(heard)).toMatchObject({ type: 'about:blank', status });
  });

  test('is answered behind an answer that is complete', async () => {
    const heard = await talk(get('/'), 'junk\r\n\r\n');
    expect(heard).toMatch(/^HTTP\/1\.1 200 [^]*whole[^]*HTTP\/1\.1 400 /);
  });

  test('is not answered within an answer, nor out of turn', async () => {
    expect(await talk(get('/begin'), 'junk\r\n\r\n')).not.toContain(' 400 ');
    expect(await talk(get('/begin') + get('/never'), 'junk\r\n\r\n')).not.toContain(' 400 ');
  });

  test('is answered in place of an answer that has not begun', async () => {
    expect(await talk(`${get('/never')}junk\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

test('what takes too long is told so', () => {
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  expect(unreadableAnswer(late)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(unreadableAnswer(new Error('what')).length).toBeGreaterThan(100);
});

test('the same over TLS, where what is no handshake is not answered', async () => {
  await using rig = await openHttpsRig();
  const secure = connectTls({ port: rig.port, host: '127.0.0.1', rejectUnauthorized: false });
  sockets.push(secure);
  let heard = '';
  secure.setEncoding('utf8').on('data', (text: string) => (heard += text));
  secure.end('hello\r\n\r\n');
  await once(secure, 'close');
  expect(problem(heard)).toMatchObject({ status: 400 });
  const plain = connect(rig.port, '127.0.0.1');
  sockets.push(plain);
  let bytes = '';
  plain.setEncoding('latin1').on('data', (text: string) => (bytes += text));
  plain.on('error', (error) => (bytes += error.message));
  plain.end('hello\r\n\r\n');
  await once(plain, 'close');
  expect(bytes).not.toContain('HTTP/1.1');
  expect(rig.warnings).toEqual([]);
});
