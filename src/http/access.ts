import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import {
  type AccessRequest,
  type Action,
  type Authorizer,
  type Grant,
  openCredential,
} from '#src/core/access.ts';
import type { PassDesk } from '#src/core/pass-desk.ts';
import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { Tier } from '#src/core/tier.ts';
import type { SessionDeps } from '#src/session/deps.ts';
import type { HttpConfig } from './config.ts';
import { tokenInQuery, tokenOf } from './credentials.ts';
import { clientGone } from './request.ts';

/** One request and its answer. */
export interface HttpExchange {
  readonly request: Request;
  readonly response: Response;
}

/** Asks the authorizer on behalf of one request; throws its Failure, and `token-in-query`. */
export type Gate = (exchange: HttpExchange, action: Action, stream?: StreamId) => Promise<Grant>;

/** What the routes share. */
export interface RouteDeps {
  readonly sessions: SessionDeps;
  readonly access: Authorizer;
  readonly gate: Gate;
  /** Without it players of LL-HLS need a header. */
  readonly passes?: PassDesk | undefined;
  readonly config: () => HttpConfig;
}

/** The gate that every route with something to protect stands behind. */
export function gateOf(authorizer: Authorizer): Gate {
  return ({ request, response }, action, stream) => {
    const { ip: address = '' } = request;
    const asked = { action, stream, tier: tierOf(request), address, ...bearerAndAgent(request) };
    return headerOnly(request, () => authorizer.authorize(asked, clientGone(response)));
  };
}

/** A token in the query is refused wherever one is needed, and explains itself better than a missing one. */
export async function headerOnly(
  request: Pick<IncomingMessage, 'url'>,
  ask: () => Grant | Promise<Grant>,
): Promise<Grant> {
  const misplaced = tokenInQuery(request.url);
  if (misplaced === undefined) return ask();
  let grant: Grant;
  try {
    grant = await ask();
  } catch {
    throw misplaced;
  }
  if (grant.credential !== openCredential) throw misplaced;
  return grant;
}

/**
 * As {@link Gate}, for answers that everybody gets and that only tell more to who is allowed in: undefined for the others.
 * Who asks too often is refused all the same.
 */
export async function gateOrUndefined(gate: Gate, ...asked: Parameters<Gate>): Promise<Grant | undefined> {
  try {
    return await gate(...asked);
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'too-many') return undefined;
    throw error;
  }
}

/** The token behind `Authorization: Bearer` (RFC 6750 section 2.1); undefined without one. */
export function bearerOf(request: Request): string | undefined {
  return tokenOf(request);
}

/** As the client calls itself, cut to what a log line holds. */
export function userAgentOf(request: Pick<IncomingMessage, 'headers'>): string {
  return (request.headers['user-agent'] ?? '').slice(0, 200);
}

/** What a request says about who sent it. */
export function bearerAndAgent(
  request: Pick<IncomingMessage, 'headers'>,
): Pick<AccessRequest, 'token' | 'userAgent'> {
  return { token: tokenOf(request), userAgent: userAgentOf(request) };
}

/** A WHEP endpoint opens the front row; elsewhere a viewer asks about both tiers. */
function tierOf({ path }: Request): Tier | undefined {
  return path.startsWith('/whep/') ? 'interactive' : undefined;
}
