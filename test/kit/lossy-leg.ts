import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Gateway } from './gateway.ts';
import { NarrowPipe } from './narrow-pipe.ts';

/** How bad the way from client to gateway is. */
export interface LossyLegOptions {
  /** Share of media packets that are lost, 0 to 1. */
  readonly lossToGateway?: number;
  readonly lossToClient?: number;
  readonly seed?: number;
}

/** A second door to a gateway: the same HTTP endpoints, media over a way that loses packets. */
export interface LossyLeg extends AsyncDisposable {
  readonly counters: { toGateway: number; toClient: number; lost: number };
  /** What clients sent last: the newest few thousand datagrams. */
  readonly captured: readonly Buffer[];
  url(path: string): string;
  /** Lets only so much through to clients from now on, all of them together; undefined: everything. */
  limit(bitsPerSecond: number | undefined): void;
  /** Sends a datagram to the gateway from the address of a client, which the gateway takes for verified. */
  inject(datagram: Uint8Array, client: number): void;
}

const clientLimit = 64;
const captureLimit = 2_000;

/**
 * Opens a door to a gateway with one media worker, whose answers name this relay's UDP port instead of the gateway's. Only
 * SRTP packets get lost: what is tested is media, not the patience of handshakes.
 */
export async function openLossyLeg(gateway: Gateway, options: LossyLegOptions = {}): Promise<LossyLeg> {
  await using opened = new AsyncDisposableStack();
  const counters = { toGateway: 0, toClient: 0, lost: 0 };
  const random = seeded(options.seed ?? 1);
  const { lossToGateway = 0, lossToClient = 0 } = options;
  const loses = (datagram: Buffer, share: number): boolean => {
    const isLost = isMedia(datagram) && random() < share;
    if (isLost) counters.lost++;
    return isLost;
  };
  const door = await bound();
  const pipe = new NarrowPipe();
  opened.defer(() => pipe.close());
  opened.defer(() => void door.close());
  const clients = new Map<number, Promise<Socket>>();
  const sockets: Socket[] = [];
  const captured: Buffer[] = [];
  opened.defer(async () => {
    for (const socket of clients.values()) (await socket).close();
  });
  const open = async (port: number): Promise<Socket> => {
    const socket = await bound();
    sockets.push(socket);
    socket.on('message', (datagram) => {
      counters.toClient++;
      if (loses(datagram, lossToClient)) return;
      if (!pipe.pass(datagram, (one) => door.send(one, port, '127.0.0.1'))) counters.lost++;
    });
    return socket;
  };
  door.on('message', (datagram, { port }) => {
    counters.toGateway++;
    if (captured.length < captureLimit) captured.push(datagram);
    else captured[counters.toGateway % captureLimit] = datagram;
    if (loses(datagram, lossToGateway)) return;
    if (!clients.has(port) && clients.size < clientLimit) clients.set(port, open(port));
    void clients.get(port)?.then((socket) => socket.send(datagram, gateway.rtcPort, '127.0.0.1'));
  });
  const rewrite = (sdp: string): string =>
    sdp.replaceAll(` ${gateway.rtcPort} typ host`, ` ${door.address().port} typ host`);
  const server = createServer((incoming, response) => passOn(gateway.origin, incoming, response, rewrite));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const parts = opened.move();
  return {
    counters,
    get captured() {
      return [...captured];
    },
    inject: (datagram, client) => {
      sockets[client % Math.max(1, sockets.length)]?.send(datagram, gateway.rtcPort, '127.0.0.1');
    },
    limit: (bitsPerSecond) => pipe.limit(bitsPerSecond),
    url: (path) => `http://127.0.0.1:${port}${path}`,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Sends a request on to the gateway, and its answer back with another UDP port in it. */
export function passOn(
  origin: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  rewrite: (sdp: string) => string,
): void {
  const { method, headers, url = '/' } = incoming;
  const onward = request(new URL(url, origin), {
    method,
    headers: { ...headers, host: new URL(origin).host },
  });
  onward.on('response', (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
    answer.on('end', () => {
      const body = rewrite(Buffer.concat(chunks).toString());
      const { 'content-length': lengthBefore, ...rest } = answer.headers;
      const changed =
        lengthBefore === undefined ? rest : { ...rest, 'content-length': Buffer.byteLength(body) };
      response.writeHead(answer.statusCode ?? 502, changed).end(body);
    });
  });
  onward.on('error', () => response.writeHead(502).end());
  incoming.pipe(onward);
}

/** SRTP by its first two bytes (RFC 7983, RFC 5761 section 4). */
function isMedia(datagram: Buffer): boolean {
  const [first = 0, second = 0] = datagram;
  return first >= 128 && first < 192 && !(second >= 192 && second <= 223);
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Numbers from 0 to 1, the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
