import type { Request, RequestHandler } from 'express';
import { type Authorizer, openCredential } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import type { Gate } from './access.ts';
import type { HttpConfig } from './config.ts';
import { addressKey } from './limits-address.ts';
import { RateLimit } from './limits-rate.ts';

/** Opening a session is what costs: an answer, a handshake, a place. */
const joinCost = 1;
/** A browser trickles a few candidates for each session, and ends it. */
const changeCost = 0.25;
/** Guessing is made slow, at every door. A token that is missing or has expired is no guess. */
const joinsPerGuess = 10;

/** Refuses clients that ask too often (RFC 9725 section 5); every part of it counts in the same books. */
export interface RateLimits {
  /** Counts POST, PATCH and DELETE of WHIP, WHEP and the tokens' API by address. */
  readonly byAddress: RequestHandler;
  /** A gate that counts what is opened by subject, and refused tokens by address. */
  gate(inner: Gate): Gate;
  /** An authorizer that counts changes of a session by the subject that opened it. */
  access(inner: Authorizer): Authorizer;
}

/** Opens the books of one server. */
export function rateLimits(
  config: () => Pick<HttpConfig, 'joinsPerAddress' | 'joinsPerSubject'>,
): RateLimits {
  const addresses = new RateLimit(() => config().joinsPerAddress);
  const guesses = new RateLimit(() => config().joinsPerAddress / joinsPerGuess);
  const subjects = new RateLimit(() => config().joinsPerSubject);
  return {
    async byAddress(request, _response, next) {
      const cost = costOf(request);
      if (cost > 0) await addresses.take(keyOf(request), cost);
      next();
    },
    gate: (inner) => async (exchange, action, stream) => {
      const { request } = exchange;
      const cost = costOf(request);
      await guesses.take(keyOf(request), 0);
      try {
        const grant = await inner(exchange, action, stream);
        // Who was asked for nothing has no subject worth counting.
        if (cost > 0 && grant.credential !== openCredential) await subjects.take(grant.subject, cost);
        return grant;
      } catch (error) {
        if (isGuess(error)) await guesses.charge(keyOf(request), 1);
        throw error;
      }
    },
    access: (inner) => ({
      get open() {
        return inner.open;
      },
      closed: inner.closed,
      authorize: (request, signal) => inner.authorize(request, signal),
      async holds(grant, token) {
        if (grant.credential !== openCredential) await subjects.take(grant.subject, changeCost);
        return inner.holds(grant, token);
      },
      onRevoked: (listener) => inner.onRevoked(listener),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    }),
  };
}

const limited = /^\/(?:wh[ie]p|api\/tokens)(?:\/|$)/;

/** What a request costs; 0 for what is not counted. */
function costOf({ method, path }: Request): number {
  if (!limited.test(path)) return 0;
  if (method === 'POST') return joinCost;
  return method === 'PATCH' || method === 'DELETE' ? changeCost : 0;
}

function keyOf({ ip }: Request): string {
  return addressKey(ip ?? '');
}

function isGuess(error: unknown): boolean {
  return error instanceof Failure && error.code === 'token-invalid';
}
