import { type Request, type Response, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { VideoWish } from '#src/core/media.ts';
import { gateOrUndefined, type RouteDeps, userAgentOf } from '#src/http/access.ts';
import type { HttpConfig } from '#src/http/config.ts';
import { mayBeCountered, takesCounterOffers } from '#src/http/counter-offer.ts';
import { textBody } from '#src/http/limits-body.ts';
import { iceLinks } from '#src/http/links.ts';
import { overflowLocation } from '#src/http/overflow.ts';
import { basesOf, clientGone, methodNotAllowed, streamOf } from '#src/http/request.ts';
import { announcesNothing, bodyOf, expectType, fragmentType, isEmpty, sdpType } from '#src/http/sdp-body.ts';
import type { OfferRequest, SessionDeps, SessionRequest } from '#src/session/deps.ts';
import type { OpenOffer, Role, Session } from '#src/session/sessions.ts';
import { sessionRouter } from './session-resource.ts';

const endpointMethods = 'OPTIONS, GET, HEAD, POST';

/** What distinguishes WHIP from WHEP at this level: the path, the role, and who opens the session. */
export interface SignallingProtocol {
  readonly path: 'whip' | 'whep';
  readonly role: Role;
  readonly open: (deps: SessionDeps, request: OfferRequest) => Promise<Session>;
  /** Opens a session with an offer of ours, where the protocol knows that. */
  readonly offer?: (
    deps: SessionDeps,
    request: SessionRequest,
  ) => Promise<Session & { readonly offer: OpenOffer }>;
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
export function signallingRouter(protocol: SignallingProtocol, deps: RouteDeps): Router {
  const { path, role, offer } = protocol;
  const { gate, config } = deps;
  const action = path === 'whip' ? 'publish' : 'view';
  const router = Router({ caseSensitive: true });
  const wantsOffer = (request: Request): boolean =>
    offer !== undefined && request.headers['content-type'] === undefined && announcesNothing(request);

  router
    .route(`/${path}/:stream`)
    .options(async (request, response) => {
      const grant = await gateOrUndefined(gate, { request, response }, action, streamOf(request));
      response.setHeader('Accept-Post', sdpType);
      if (grant !== undefined) addLinks(request, response, config());
      response.status(200).end();
    })
    .get((request, response) => {
      streamOf(request);
      // HEAD with this media type is how a player recognises a WHEP URL; GET carries no content in either protocol.
      if (request.method === 'HEAD' && path === 'whep')
        response.writeHead(200, { 'Content-Type': sdpType }).end();
      else response.status(204).end();
    })
    .post(expectType([sdpType], 'Accept-Post', wantsOffer), textBody, async (request, response) => {
      const signal = clientGone(response);
      try {
        const grant = await gate({ request, response }, action, streamOf(request));
        const opened = await openFor(request, { protocol, deps, grant, signal });
        sendOpened(opened, { request, response }, { protocol, config: config() });
      } catch (error) {
        // The client hung up before: nothing was opened, and nobody is left to be told.
        if (signal.aborted && error === signal.reason) return;
        sendElsewhere(error, { request, response }, { protocol, deps });
      }
    })
    .all(methodNotAllowed(endpointMethods));
  router.use(sessionRouter(path, role, deps));
  return router;
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}
interface Opened {
  readonly status: 201 | 406;
  readonly session: Session;
}
type Entry = Pick<SessionRequest, 'grant' | 'signal'> & {
  readonly protocol: SignallingProtocol;
  readonly deps: RouteDeps;
};

/**
 * Opens what the POST asks for: an answer to its offer, an offer when its body is empty (draft-murillo-whep-01 section 4.2), or
 * an offer where its own cannot be answered and the client understands that (draft-ietf-wish-whep-03 section 4.2.2).
 */
async function openFor(request: Request, { protocol, deps, grant, signal }: Entry): Promise<Opened> {
  const { open, offer, extensions } = protocol;
  const entry: SessionRequest = {
    stream: streamOf(request),
    wish: extensions?.wish(request),
    grant,
    address: request.ip ?? '',
    userAgent: userAgentOf(request),
    signal,
  };
  if (offer && isEmpty(request)) {
    if (request.accepts(sdpType) === false) throw offerNotAcceptable();
    return { status: 201, session: await offer(deps.sessions, entry) };
  }
  try {
    return { status: 201, session: await open(deps.sessions, { ...entry, offer: bodyOf(request) }) };
  } catch (error) {
    if (!offer || !mayBeCountered(error) || !takesCounterOffers(request)) throw error;
    return { status: 406, session: await offer(deps.sessions, entry) };
  }
}

/** Answers with the session: where it is, what names it, our SDP, and until when an offer of ours may be answered. */
function sendOpened(
  { status, session }: Opened,
  { request, response }: Exchange,
  { protocol, config }: { readonly protocol: SignallingProtocol; readonly config: HttpConfig },
): void {
  const { id, stream, peer, offer } = session;
  const { path, extensions } = protocol;
  addLinks(request, response, config);
  if (extensions !== undefined) response.append('Link', [...extensions.links(request, session)]);
  response
    .status(status)
    .location(`${basesOf(request, config).server}/${path}/${stream}/${id}`)
    .set('Cache-Control', 'no-store')
    .set('Accept-Patch', offer ? `${sdpType}, ${fragmentType}` : fragmentType);
  const until = offer && new Date(offer.validUntilMs).toUTCString();
  if (status === 406) response.setHeader('Content-Type', `${sdpType}; valid-until="${until}"`);
  else response.setHeader('Content-Type', sdpType);
  // The ICE session that a tag names begins with the answer: where we offer first, the 204 to the answer carries it.
  if (until !== undefined && status === 201) response.setHeader('Expires', until);
  else response.setHeader('ETag', peer.etag);
  response.end(peer.answer);
}

/** Sends the client to another node when there is no room here; throws the error when that is not its reason. */
function sendElsewhere(
  error: unknown,
  { request, response }: Exchange,
  { protocol, deps }: Pick<Entry, 'protocol' | 'deps'>,
): void {
  const at = request.originalUrl.indexOf('?');
  const location = overflowLocation(error, {
    overflowUrl: deps.sessions.config().overflowUrl,
    ownUrl: basesOf(request, deps.config()).server,
    path: `/${protocol.path}/${streamOf(request)}`,
    query: at < 0 ? '' : request.originalUrl.slice(at),
  });
  if (location === undefined) throw error;
  response.status(307).set({ Location: location, 'Cache-Control': 'no-store' }).end();
}

function addLinks(request: Request, response: Response, config: HttpConfig): void {
  const links = iceLinks(config, Date.now(), userAgentOf(request));
  if (links.length > 0) response.setHeader('Link', links);
}

const offerNotAcceptable = (): Failure =>
  new Failure(
    'not-acceptable',
    'offer-not-acceptable',
    'a POST without a body asks for an SDP offer; accept application/sdp, or send an offer of your own',
  );
