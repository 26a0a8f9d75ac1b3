import type { Request, Response } from 'express';
import type { Action, Authorizer, Grant } from '#src/core/access.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { SessionDeps } from '#src/session/deps.ts';
import type { HttpConfig } from './config.ts';
import { clientGone } from './request.ts';

/** Asks the authorizer on behalf of one request; throws its Failure. */
export type Gate = (
  exchange: { readonly request: Request; readonly response: Response },
  action: Action,
  stream?: StreamId,
) => Promise<Grant>;

/** What the routes share. */
export interface RouteDeps {
  readonly sessions: SessionDeps;
  readonly access: Authorizer;
  readonly gate: Gate;
  readonly config: () => HttpConfig;
}

/** The gate that every route with something to protect stands behind. */
export function gateOf(authorizer: Authorizer): Gate {
  return ({ request, response }, action, stream) =>
    authorizer.authorize(
      {
        action,
        stream,
        token: bearerOf(request),
        address: request.socket.remoteAddress ?? '',
        userAgent: userAgentOf(request),
      },
      clientGone(response),
    );
}

/** The token behind `Authorization: Bearer` (RFC 6750 section 2.1); undefined without one. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** As the client calls itself, cut to what a log line holds. */
export function userAgentOf(request: Request): string {
  return (request.headers['user-agent'] ?? '').slice(0, 200);
}
