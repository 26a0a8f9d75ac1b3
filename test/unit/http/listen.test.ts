import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { httpConfig } from '#src/http/config.ts';
import { type HttpServer, openListener } from '#src/http/listen.ts';

const open = (port: number, more: object = {}): Promise<HttpServer> =>
  openListener(
    {
      first(request, response) {
        if (request.url !== '/first') return false;
        response.end();
        return true;
      },
      rest: (_request, response) => response.end('rest'),
    },
    httpConfig.parse({ port, address: '127.0.0.1', ...more }),
    silentLog,
  );

test('who knows the path answers, and the rest is for others', async () => {
  await using server = await open(0);
  const text = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${server.port}${path}`)).text();
  expect([await text('/first'), await text('/other')]).toEqual(['', 'rest']);
});

test('a port that is taken, and an address that is not ours, are named', async () => {
  await using server = await open(0);
  await expect(open(server.port)).rejects.toMatchObject({ code: 'http-port-in-use' });
  await expect(open(0, { address: '192.0.2.1' })).rejects.toMatchObject({ code: 'http-address-refused' });
});

test('no more connections than the settings allow, and the end closes all of them', async () => {
  const server = await open(0, { maxConnections: 2 });
  const sockets = Array.from({ length: 3 }, () => connect(server.port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => undefined).resume(); // a reset is one way to be refused
  const closed = sockets.map((socket) => once(socket, 'close'));
  await Promise.race(closed);
  expect(sockets.filter((socket) => socket.closed)).toHaveLength(1);
  await server[Symbol.asyncDispose]();
  await Promise.all(closed);
  expect((await server.closed).by).toBe('owner');
});
