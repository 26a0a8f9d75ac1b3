import { createServer, type RequestListener, type Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { errorCode } from '#src/core/error-code.ts';
import { Failure } from '#src/core/failure.ts';
import { type CloseReason, Lifetime, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { HttpConfig } from './config.ts';
import type { AnyRequest, AnyResponse } from './exchange.ts';
import { createHttp2Server } from './http2.ts';
import { boundBody } from './limits-body.ts';
import { followTlsFiles, readTlsPair } from './tls.ts';
import { Unreadable } from './unreadable.ts';

/** A server that listens. */
export interface HttpServer extends Living {
  readonly port: number;
}

/** Who answers. */
export interface Listeners {
  /** Answers what it knows, over either version of HTTP; false, and nothing done, for all else. */
  readonly first: (request: AnyRequest, response: AnyResponse) => boolean;
  /** Answers all else. */
  readonly rest: RequestListener;
}

/** What a server is made with. */
interface Parts {
  readonly settings: HttpConfig;
  readonly log: Log;
  readonly life: Lifetime;
  readonly unreadable: Unreadable;
}

type AnyServer = Server | TlsServer | Http2SecureServer;

/** A client that sends a byte now and then is cut off; a blocked playlist request is already read and not concerned. */
const patience = {
  headersTimeout: 8_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 30_000,
  stalledTimeout: 60_000,
};

/** Opens the HTTP or HTTPS server; throws `http-port-in-use`, `http-address-refused` or `tls-unusable`. */
export async function openListener(
  listeners: Listeners,
  settings: HttpConfig,
  log: Log,
): Promise<HttpServer> {
  const life = new Lifetime();
  const unreadable = new Unreadable();
  const server = await makeServer(listeners, { settings, log, life, unreadable });
  unreadable.attach(server);
  server.maxConnections = settings.maxConnections;
  try {
    await listen(server, settings);
  } catch (error) {
    await life.end();
    throw error;
  }
  return new OpenServer(server, life);
}

/** HTTPS where the settings name a certificate. */
async function makeServer(
  { first, rest }: Listeners,
  { settings, log, life, unreadable }: Parts,
): Promise<AnyServer> {
  const http1: RequestListener = (request, response) => {
    unreadable.note(request, response);
    boundBody(request, response);
    if (!first(request, response)) rest(request, response);
  };
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = settings;
  if (certFile === undefined || keyFile === undefined) return createServer(patience, http1);
  const files = { certFile, keyFile };
  const pair = await readTlsPair(files);
  const context = { ...pair.context, handshakeTimeout: patience.headersTimeout };
  const server = settings.http2
    ? createHttp2Server(context, patience, { first, rest, http1, maxStreams: settings.maxConnections })
    : createTlsServer({ ...patience, ...context }, http1);
  life.own(await followTlsFiles(server, files, { first: pair, log }));
  return server;
}

class OpenServer implements HttpServer {
  readonly closed: Promise<CloseReason>;
  readonly port: number;
  readonly #life: Lifetime;
  /** Every connection, whatever is spoken on it; bounded by http.maxConnections. */
  readonly #sockets = new Set<Socket>();

  constructor(server: AnyServer, life: Lifetime) {
    this.#life = life;
    this.closed = life.closed;
    const address = server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
    server.on('error', (error: Error) => void this.#life.end({ by: 'failure', error }));
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#life.defer(async () => {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of this.#sockets) socket.destroy();
      await done;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }
}

/** Listens where the settings say; `::` falls back to IPv4 on machines without IPv6. */
async function listen(server: AnyServer, { port, address }: HttpConfig): Promise<void> {
  try {
    await listenOn(server, port, address);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EAFNOSUPPORT' && address === '::') return listenOn(server, port, '0.0.0.0');
    if (code === 'EADDRINUSE')
      throw new Failure(
        'unavailable',
        'http-port-in-use',
        `TCP port ${port} is taken; set FRONTROW_HTTP__PORT to another one`,
      );
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES')
      throw new Failure(
        'unavailable',
        'http-address-refused',
        `this machine does not let us listen on ${address} port ${port}; set FRONTROW_HTTP__ADDRESS and FRONTROW_HTTP__PORT`,
      );
    throw error;
  }
}

function listenOn(server: AnyServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
