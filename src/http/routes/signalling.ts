import { type NextFunction, type Request, type Response, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { VideoWish } from '#src/core/media.ts';
import { bearerOf, type RouteDeps, userAgentOf } from '#src/http/access.ts';
import type { HttpConfig } from '#src/http/config.ts';
import { textBody } from '#src/http/limits-body.ts';
import { iceLinks } from '#src/http/links.ts';
import { basesOf, clientGone, mediaTypeOf, methodNotAllowed, streamOf } from '#src/http/request.ts';
import type { OfferRequest, SessionDeps } from '#src/session/deps.ts';
import { notYourSession } from '#src/session/failures.ts';
import { endSession, patchSession } from '#src/session/leave.ts';
import type { Role, Session, SessionKey } from '#src/session/sessions.ts';

const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';
const endpointMethods = 'OPTIONS, GET, HEAD, POST';
const sessionMethods = 'OPTIONS, GET, HEAD, PATCH, DELETE';

/** What distinguishes WHIP from WHEP at this level: the path, the role, and who opens the session. */
export interface SignallingProtocol {
  readonly path: 'whip' | 'whep';
  readonly role: Role;
  readonly open: (deps: SessionDeps, request: OfferRequest) => Promise<Session>;
  /** What else this protocol does with an offer's request and with the session that came of it. */
  readonly extensions?: SignallingExtensions;
}

/** Where optional protocol extensions meet the offer. */
export interface SignallingExtensions {
  /** What the query asks for; throws `bad-query`. */
  wish(request: Request): VideoWish;
  /** Link header values for the 201. */
  links(request: Request, session: Session): readonly string[];
}

/** Endpoint and session resource of WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep-03): one shape, two roles. */
export function signallingRouter(
  { path, role, open, extensions }: SignallingProtocol,
  { sessions, access, gate, config }: RouteDeps,
): Router {
  const action = path === 'whip' ? 'publish' : 'view';
  const router = Router({ caseSensitive: true });
  const keyOf = (request: Request): SessionKey => ({
    id: String(request.params['session']),
    role,
    stream: streamOf(request),
  });
  /** Throws `not-your-session` when the token is not that of the session's holder. */
  const mustHold = async (request: Request): Promise<void> => {
    const { grant } = sessions.sessions.find(keyOf(request));
    if (!(await access.holds(grant, bearerOf(request)))) throw notYourSession();
  };

  router
    .route(`/${path}/:stream`)
    .options(async (request, response) => {
      await gate({ request, response }, action, streamOf(request));
      response.setHeader('Accept-Post', sdp);
      addLinks(request, response, config());
      response.status(200).end();
    })
    .get((request, response) => {
      streamOf(request);
      // HEAD with this media type is how a player recognises a WHEP URL; GET carries no content in either protocol.
      if (request.method === 'HEAD' && path === 'whep') response.status(200).type(sdp).end();
      else response.status(204).end();
    })
    .post(expectType(sdp, 'Accept-Post'), textBody, async (request, response) => {
      const stream = streamOf(request);
      const signal = clientGone(response);
      const session = await unlessGone(signal, async () =>
        open(sessions, {
          stream,
          offer: bodyOf(request),
          wish: extensions?.wish(request),
          grant: await gate({ request, response }, action, stream),
          address: request.ip ?? '',
          userAgent: userAgentOf(request),
          signal,
        }),
      );
      if (session === undefined) return;
      addLinks(request, response, config());
      if (extensions !== undefined) response.append('Link', [...extensions.links(request, session)]);
      response
        .status(201)
        .location(`${basesOf(request, config()).server}/${path}/${stream}/${session.id}`)
        .set({ ETag: session.peer.etag, 'Accept-Patch': fragment, 'Cache-Control': 'no-store' })
        .type(sdp)
        .send(session.peer.answer);
    })
    .all(methodNotAllowed(endpointMethods));

  router
    .route(`/${path}/:stream/:session`)
    .options((request, response) => {
      streamOf(request);
      response.setHeader('Accept-Patch', fragment);
      response.status(200).end();
    })
    .get((request, response) => {
      sessions.sessions.find(keyOf(request));
      response.status(204).end();
    })
    .patch(expectPatch, textBody, async (request, response) => {
      await mustHold(request);
      const ifMatch = request.headers['if-match'] ?? headerText(request.headers['etag']);
      const result = patchSession(sessions, keyOf(request), { fragment: bodyOf(request), ifMatch });
      if (result.did === 'trickle') response.status(204).end();
      else response.status(200).set('ETag', result.etag).type(fragment).send(result.fragment);
    })
    .delete(async (request, response) => {
      if (!sessions.sessions.ended(keyOf(request))) await mustHold(request);
      await endSession(sessions, keyOf(request));
      response.status(200).end(); // exactly 200: OBS reports anything else as a failure
    })
    .all(methodNotAllowed(sessionMethods));
  return router;
}

/** What `work` gives; undefined when the client hung up before: then nothing was opened, and nobody is left to be told. */
async function unlessGone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** Some players send the tag in an ETag request header instead of If-Match. */
function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function addLinks(request: Request, response: Response, config: HttpConfig): void {
  const links = iceLinks(config, Date.now(), userAgentOf(request));
  if (links.length > 0) response.setHeader('Link', links);
}

/** Refuses another media type before a byte of the body is read. */
function expectType(type: string, acceptHeader: 'Accept-Post' | 'Accept-Patch') {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (mediaTypeOf(request) === type) {
      next();
      return;
    }
    response.setHeader(acceptHeader, type);
    throw new Failure('unsupported-media', 'wrong-media-type', `send Content-Type: ${type}`);
  };
}

function expectPatch(request: Request, response: Response, next: NextFunction): void {
  if (mediaTypeOf(request) === sdp)
    throw new Failure(
      'unprocessable',
      'no-offer-from-server',
      'this session began with your offer, so there is no server offer to answer; PATCH takes trickle-ice-sdpfrag',
    );
  expectType(fragment, 'Accept-Patch')(request, response, next);
}

function bodyOf(request: Request): string {
  const body: unknown = request.body;
  if (typeof body === 'string' && body.trim() !== '') return body;
  throw new Failure('invalid', 'empty-body', 'the body is empty; send the SDP in it');
}
