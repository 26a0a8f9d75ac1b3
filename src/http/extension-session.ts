import type { Request } from 'express';
import type { ViewerEvents } from '#src/session/events.ts';
import type { Session } from '#src/session/sessions.ts';
import type { RouteDeps } from './access.ts';
import { streamOf } from './request.ts';

/** What the extensions of WHEP work with. */
export interface ExtensionDeps extends RouteDeps {
  readonly events: ViewerEvents;
}

/** Session of the path, for who may change it. */
export type Holder = (request: Request) => Promise<Session>;

/** What the query of the endpoint may say about event streams; the links in the answer carry it on. */
const carried = ['untyped', 'layers'] as const;

/** The part of a request's query that says how events are to be written, as a query again; '' for none. */
export function carriedQuery({ query }: Request): string {
  const kept = carried.flatMap((key) => {
    const value = query[key];
    return typeof value === 'string' && /^\w{1,16}$/.test(value) ? [`${key}=${value}`] : [];
  });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** The live session that the path names; throws `session-not-found`. */
export function sessionOf({ sessions }: RouteDeps, request: Request): Session {
  const id = String(request.params['session']);
  return sessions.sessions.find({ id, role: 'viewer', stream: streamOf(request) });
}
