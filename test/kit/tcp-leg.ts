import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  connect,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';

import type { Gateway } from './gateway.ts';
import { passOn } from './lossy-leg.ts';

/** A door to a gateway for clients in a network that lets no UDP through. */
export interface TcpLeg extends AsyncDisposable {
  /** Datagrams that clients sent and the network swallowed. */
  readonly swallowed: number;
  /** Connections of ICE over TCP, those included that are closed again. */
  readonly connections: number;
  /** Bytes that went to clients. */
  readonly toClients: number;
  url(path: string): string;
  /** Lets only so much through to each client from now on; undefined: everything. */
  limit(bitsPerSecond: number | undefined): void;
  /** Takes no more bytes from the gateway: the way to clients is stuck; false lets them flow again. */
  stall(stalled: boolean): void;
}

/**
 * Opens a door whose answers name a UDP port that swallows everything, and a TCP port that passes everything on. Every
 * connection reaches the gateway from an address of this relay, as behind a NAT.
 */
export async function openTcpLeg(gateway: Gateway): Promise<TcpLeg> {
  await using opened = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  const onward = new Set<Socket>();
  const counts = { swallowed: 0, connections: 0, toClients: 0 };
  let stalled = false;
  let rate: number | undefined;
  /** Until the bytes would have gone through. */
  const restAfter = (bytes: number, server: Socket): void => {
    server.pause();
    const restMs = (bytes * 8_000) / (rate ?? Infinity);
    setTimeout(() => {
      if (!stalled) server.resume();
    }, restMs);
  };

  const hole = createSocket('udp4').bind(0, '127.0.0.1');
  await once(hole, 'listening');
  opened.defer(() => void hole.close());
  hole.on('message', () => {
    counts.swallowed++;
  });

  const relay = createServer({ noDelay: true }, (client) => {
    counts.connections++;
    const server = connect(onwardTo(gateway.rtcPort));
    onward.add(server);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        if (from === server) counts.toClients += bytes.length;
        to.write(bytes);
        if (from === server && rate !== undefined) restAfter(bytes.length, server);
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        onward.delete(from);
        to.destroy();
      });
    }
    if (stalled) server.pause();
  });
  const tcpPort = await listening(relay, opened);
  opened.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  const rewrite = (sdp: string): string =>
    sdp
      .replaceAll(/^(a=candidate:\S+ 1 udp .* )\d+ typ host/gm, `$1${String(hole.address().port)} typ host`)
      .replaceAll(/^(a=candidate:\S+ 1 tcp .* )\d+ typ host/gm, `$1${String(tcpPort)} typ host`);
  const http = createHttpServer((incoming, response) => passOn(gateway.origin, incoming, response, rewrite));
  const httpPort = await listening(http, opened);
  opened.defer(() => http.closeAllConnections());
  const parts = opened.move();
  return {
    get swallowed() {
      return counts.swallowed;
    },
    get connections() {
      return counts.connections;
    },
    get toClients() {
      return counts.toClients;
    },
    url: (path) => `http://127.0.0.1:${String(httpPort)}${path}`,
    limit: (bitsPerSecond) => void (rate = bitsPerSecond),
    stall(now) {
      stalled = now;
      for (const socket of onward) {
        if (now) socket.pause();
        else socket.resume();
      }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** In small pieces, so that a limited rate is even. */
function onwardTo(port: number): TcpNetConnectOpts {
  const options = { port, host: '127.0.0.1', noDelay: true, highWaterMark: 4_096 };
  return options;
}

async function listening(server: Server, opened: AsyncDisposableStack): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
}
