import { type Request, type Response, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { Finding } from '#src/core/finding.ts';
import type { SessionId } from '#src/core/ids.ts';
import { bearerOf, type RouteDeps, userAgentOf } from '#src/http/access.ts';
import { eventStreamHeaders } from '#src/http/event-stream.ts';
import { basesOf, methodNotAllowed, streamOf } from '#src/http/request.ts';
import { notYourSession } from '#src/session/failures.ts';
import type { Session } from '#src/session/sessions.ts';
import type { SignallingExtensions } from './signalling.ts';

const relation = 'urn:frontrow:whip:doctor';
/** Open event streams for one publisher: its page, and a second look from elsewhere. */
const maxReaders = 4;
const lookMs = 1_000;
/** Proxies close what is silent for long. */
const beatLooks = 15;

/** What a publisher is told about itself. */
interface Consultation {
  readonly stream: string;
  /** This session is what viewers see now; findings are about it. */
  readonly leads: boolean;
  readonly findings: readonly Finding[];
}

/**
 * `GET` on the doctor of a WHIP session: its findings as JSON or, for who accepts `text/event-stream`, as server-sent events
 * whenever they change. The session URL cannot be guessed, so it speaks for its holder.
 */
export function doctorRouter(deps: RouteDeps): Router {
  const { sessions, access } = deps;
  const readers = new Map<SessionId, number>();
  const sessionOf = async (request: Request): Promise<Session> => {
    const id = String(request.params['session']);
    const session = sessions.sessions.find({ id, role: 'publisher', stream: streamOf(request) });
    if (!(await access.holds(session.grant, bearerOf(request)))) throw notYourSession();
    return session;
  };
  const consult = ({ id, stream: name }: Session): Consultation => {
    const stream = sessions.streams.find(name);
    const leads = stream?.publisher?.id === id;
    return { stream: name, leads, findings: leads ? stream.doctor.findings : [] };
  };
  const count = (id: SessionId, change: 1 | -1): void => {
    const now = (readers.get(id) ?? 0) + change;
    if (now === 0) readers.delete(id);
    else readers.set(id, now);
  };
  return Router({ caseSensitive: true })
    .get('/whip/:stream/:session/doctor', async (request, response) => {
      const session = await sessionOf(request);
      response.vary('Accept');
      if (request.accepts(['json', 'text/event-stream']) !== 'text/event-stream') {
        response.set('Cache-Control', 'no-store').json(consult(session));
        return;
      }
      if ((readers.get(session.id) ?? 0) >= maxReaders) throw tooManyReaders();
      count(session.id, 1);
      response.once('close', () => count(session.id, -1));
      streamFindings(response, session, () => consult(session));
    })
    .all('/whip/:stream/:session/doctor', methodNotAllowed('GET, HEAD, OPTIONS'));
}

/** How a publisher learns of its doctor: a link in the answer to its offer. OBS takes links for ICE servers, and has no use for it. */
export function doctorLinks({ config }: RouteDeps): SignallingExtensions {
  return {
    wish: () => ({}),
    links: (request, { stream, id }) =>
      userAgentOf(request).includes('OBS-Studio/')
        ? []
        : [`<${basesOf(request, config()).server}/whip/${stream}/${id}/doctor>; rel="${relation}"`],
  };
}

/** An event whenever the findings changed, until the reader or the session goes. */
function streamFindings(response: Response, session: Session, consult: () => Consultation): void {
  response.writeHead(200, eventStreamHeaders);
  let told = '';
  let quietLooks = 0;
  const look = (): void => {
    if (response.writableNeedDrain || response.writableEnded) return;
    const now = JSON.stringify(consult());
    quietLooks = now === told ? quietLooks + 1 : 0;
    if (quietLooks === 0) response.write(`event: findings\ndata: ${now}\n\n`);
    else if (quietLooks % beatLooks === 0) response.write(':\n\n');
    told = now;
  };
  look();
  const timer = setInterval(look, lookMs);
  response.once('close', () => clearInterval(timer));
  void session.peer.closed.then(() => response.end());
}

const tooManyReaders = (): Failure =>
  new Failure(
    'unavailable',
    'too-many-listeners',
    `${maxReaders} readers listen to this session's doctor already; close one`,
    { retryAfterMs: 10_000 },
  );
