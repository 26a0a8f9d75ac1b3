import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import type { Authorizer } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import { type CloseReason, Lifetime, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { Snapshot } from '#src/core/status.ts';
import type { SessionDeps } from '#src/session/deps.ts';
import { openPublisher } from '#src/session/publish.ts';
import { openViewer } from '#src/session/view.ts';
import { gateOf } from './access.ts';
import type { HttpConfig } from './config.ts';
import { cors } from './cors.ts';
import { openPages } from './pages.ts';
import { sendProblem } from './problem.ts';
import { apiRouter } from './routes/api.ts';
import { healthRouter, type Readiness } from './routes/health.ts';
import { joinRouter } from './routes/join.ts';
import { signallingRouter } from './routes/signalling.ts';

/** What the HTTP side serves. */
export interface HttpDeps {
  readonly sessions: SessionDeps;
  readonly access: Authorizer;
  readonly snapshot: () => Snapshot;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ type: string; text: string }>;
  /** Raw handler that answers what it knows, before express sees it: LL-HLS is too hot for a framework. */
  readonly hls: { handle(request: IncomingMessage, response: ServerResponse): boolean };
  readonly config: () => HttpConfig;
  readonly log: Log;
}

export interface HttpServer extends Living {
  readonly port: number;
}

/** Opens the HTTP server; throws `http-port-in-use` or `http-address-refused`. */
export async function openHttpServer(deps: HttpDeps): Promise<HttpServer> {
  const app = buildApp(deps, await openPages(deps.config()));
  const handle: RequestListener = (request, response) => {
    if (!deps.hls.handle(request, response)) app(request, response);
  };
  const settings = deps.config();
  const server = createServer(
    // A client that sends a byte now and then is cut off; a blocked playlist request is already read and not concerned.
    {
      headersTimeout: 8_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 30_000,
    },
    handle,
  );
  server.maxConnections = settings.maxConnections;
  await listen(server, settings);
  return new OpenServer(server);
}

class OpenServer implements HttpServer {
  readonly #life = new Lifetime();
  readonly closed: Promise<CloseReason> = this.#life.closed;
  readonly port: number;

  constructor(server: Server) {
    const address = server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
    server.on('error', (error) => void this.#life.end({ by: 'failure', error }));
    this.#life.defer(async () => {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await done;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }
}

function buildApp(deps: HttpDeps, pages: Router): express.Express {
  const { sessions, access, config, log } = deps;
  const doors = { sessions, access, gate: gateOf(access), config };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.use(cors(() => config().corsOrigin));
  app.use(signallingRouter({ path: 'whip', role: 'publisher', open: openPublisher }, doors));
  app.use(signallingRouter({ path: 'whep', role: 'viewer', open: openViewer }, doors));
  app.use(joinRouter(doors));
  app.use(apiRouter(deps.snapshot, doors));
  app.use(healthRouter(deps.readiness, deps.metrics));
  app.use(pages);
  app.use(notFound, problems(log));
  return app;
}

const notFound: RequestHandler = (request) => {
  throw new Failure(
    'missing',
    'not-found',
    `there is nothing at ${request.path.slice(0, 100)}; the front page is /`,
  );
};

/** Express knows an error handler by its four parameters. */
function problems(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (error instanceof URIError)
      sendProblem(new Failure('invalid', 'bad-url', 'the URL is not valid UTF-8'), response, log);
    else sendProblem(error, response, log);
  };
}

/** Listens where the settings say; `::` falls back to IPv4 on machines without IPv6. */
async function listen(server: Server, { port, address }: HttpConfig): Promise<void> {
  try {
    await listenOn(server, port, address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
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

function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
