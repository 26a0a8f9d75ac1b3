import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import type { Authorizer } from '#src/core/access.ts';
import type { PassDesk } from '#src/core/pass-desk.ts';
import type { TokenDesk } from '#src/core/token-desk.ts';
import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import type { RecordingDesk } from '#src/core/record.ts';
import type { Snapshot } from '#src/core/status.ts';
import type { TimedTextDesk } from '#src/core/timed-text.ts';
import type { SessionDeps } from '#src/session/deps.ts';
import type { ViewerEvents } from '#src/session/events.ts';
import { openPublisher } from '#src/session/publish.ts';
import { offerViewer, openViewer } from '#src/session/view.ts';
import { gateOf } from './access.ts';
import type { HttpConfig } from './config.ts';
import { cors } from './cors.ts';
import type { AnyRequest, AnyResponse } from './exchange.ts';
import { rateLimits, type RateLimits } from './limits.ts';
import { refuseBody } from './limits-body.ts';
import { PendingSessions } from './limits-pending.ts';
import { type HttpServer, openListener } from './listen.ts';
import { openPages } from './pages.ts';
import { sendProblem } from './problem.ts';
import { apiRouter } from './routes/api.ts';
import { captionsRouter } from './routes/captions.ts';
import { dateRangesRouter } from './routes/dateranges.ts';
import { doctorLinks, doctorRouter } from './routes/doctor.ts';
import { healthRouter, type Readiness } from './routes/health.ts';
import { joinRouter } from './routes/join.ts';
import { recordingsRouter } from './routes/recordings.ts';
import { signallingRouter } from './routes/signalling.ts';
import { whepExtensions, whepExtensionsRouter } from './routes/whep-extensions.ts';
import { tokensRouter } from './routes/tokens.ts';
import { type ReadVodPath, vodRouter } from './routes/vod.ts';

/** What the HTTP side serves. */
export interface HttpDeps {
  readonly sessions: SessionDeps;
  readonly access: Authorizer;
  /** Without it WHEP has no extensions. */
  readonly events?: ViewerEvents | undefined;
  /** Without it there is no /api/tokens. */
  readonly tokens?: TokenDesk | undefined;
  /** Without it players of LL-HLS that can send no header get nothing where one is needed. */
  readonly passes?: PassDesk | undefined;
  /** The books of who asks too often, where others than this server count in them too. */
  readonly limits?: RateLimits | undefined;
  /** Without it nobody takes captions and date ranges. */
  readonly timedText?: TimedTextDesk | undefined;
  /** Without it there is neither /api/recordings nor /vod. */
  readonly recordings?: { readonly desk: RecordingDesk; readonly readPath: ReadVodPath } | undefined;
  readonly snapshot: () => Snapshot;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ type: string; text: string }>;
  /** Raw handler that answers what it knows, before express sees it: LL-HLS is too hot for a framework. */
  readonly hls: { handle(request: AnyRequest, response: AnyResponse): boolean };
  readonly config: () => HttpConfig;
  readonly log: Log;
}

export type { HttpServer } from './listen.ts';

/** Opens the HTTP or HTTPS server; throws `http-port-in-use`, `http-address-refused` or `tls-unusable`. */
export async function openHttpServer(deps: HttpDeps): Promise<HttpServer> {
  const app = buildApp(deps, await openPages(deps.config(), () => deps.sessions.config().overflowUrl));
  const { hls, config, log } = deps;
  const first = (request: AnyRequest, response: AnyResponse): boolean => hls.handle(request, response);
  return openListener({ first, rest: app }, config(), log);
}

function buildApp(deps: HttpDeps, pages: Router): express.Express {
  const { sessions, access, config, log } = deps;
  const limits = deps.limits ?? rateLimits(config);
  const doors = {
    sessions,
    access: limits.access(access),
    gate: limits.gate(gateOf(access)),
    passes: deps.passes,
    config,
  };
  // Apart, so that a flood of viewers never stands in a publisher's way.
  const places = (): PendingSessions =>
    new PendingSessions(() => config().maxPendingSessions, sessions.clock);
  const [publishers, viewers] = [places(), places()];
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  // So many hops are ours; what stands further left in X-Forwarded-For anybody may have written.
  app.set('trust proxy', (_address: string, hop: number) => hop < config().trustedProxies);
  app.use(cors(() => config().corsOrigin));
  app.use(limits.byAddress, refuseBody);
  const whip = { open: publishers.guard(openPublisher), extensions: doctorLinks(doors) };
  app.use(signallingRouter({ path: 'whip', role: 'publisher', ...whip }, doors));
  app.use(doctorRouter(doors));
  const whep = { open: viewers.guard(openViewer), offer: viewers.guard(offerViewer) };
  const extended = deps.events && { ...doors, events: deps.events };
  const extensions = extended && { extensions: whepExtensions(extended) };
  app.use(signallingRouter({ path: 'whep', role: 'viewer', ...whep, ...extensions }, doors));
  if (extended) app.use(whepExtensionsRouter(extended));
  app.use(joinRouter(doors, deps.recordings?.desk));
  app.use(apiRouter(deps.snapshot, doors));
  if (deps.tokens) app.use(tokensRouter(deps.tokens, doors));
  if (deps.timedText) {
    app.use(captionsRouter(deps.timedText, doors));
    app.use(dateRangesRouter(deps.timedText, doors));
  }
  if (deps.recordings) {
    const { desk, readPath } = deps.recordings;
    app.use(vodRouter(desk, readPath, { ...doors, limits }));
    app.use(recordingsRouter(desk, doors));
  }
  app.use(healthRouter(deps.readiness, deps.metrics, doors.gate));
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
