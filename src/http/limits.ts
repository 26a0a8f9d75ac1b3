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
/**
 * So many wrong tokens for each join cost the processor too much, however right the next one may be: an Ed25519 signature takes
 * about as long to check as a request takes otherwise.
 */
const checksPerJoin = 5;

/** Refuses clients that ask too often (RFC 9725 section 5); every part of it counts in the same books. */
export interface RateLimits {
  /** Counts POST, PATCH and DELETE of WHIP, WHEP and the tokens' API by address. */
  readonly byAddress: RequestHandler;
  /** A gate that counts what is opened by subject, and refused tokens by address. */
  gate(inner: Gate): Gate;
  /** An authorizer that counts changes of a session by the subject that opened it. */
  access(inner: Authorizer): Authorizer;
  /** An authorizer for what express does not see, LL-HLS: it counts refused tokens by address. */
  beside(inner: Authorizer): Authorizer;
  /**
   * Asks, and counts it by address when the answer is the refusal of a guess; where too many came before, that refusal says
   * only so. Who is right is let in all the same: a whole lecture hall has one address. Only where very many came before, so
   * that checking them is a load, nobody is asked.
   */
  guarded<T>(address: string, ask: () => T | Promise<T>): Promise<T>;
}

/** Opens the books of one server. */
export function rateLimits(
  config: () => Pick<HttpConfig, 'joinsPerAddress' | 'joinsPerSubject'>,
): RateLimits {
  const addresses = new RateLimit(() => config().joinsPerAddress);
  const guesses = new RateLimit(() => config().joinsPerAddress / joinsPerGuess);
  const checks = new RateLimit(() => config().joinsPerAddress * checksPerJoin);
  const subjects = new RateLimit(() => config().joinsPerSubject);
  const guarded = async <T>(address: string, ask: () => T | Promise<T>): Promise<T> => {
    const key = addressKey(address);
    await checks.take(key, 0);
    try {
      return await ask();
    } catch (error) {
      if (!isGuess(error)) throw error;
      await checks.charge(key, 1);
      await guesses.take(key, 1);
      throw error;
    }
  };
  return {
    async byAddress(request, _response, next) {
      const cost = costOf(request);
      if (cost > 0) await addresses.take(keyOf(request), cost);
      next();
    },
    guarded,
    gate: (inner) => async (exchange, action, stream) => {
      const { request } = exchange;
      const cost = costOf(request);
      const grant = await guarded(request.ip ?? '', () => inner(exchange, action, stream));
      // Who was asked for nothing has no subject worth counting.
      if (cost > 0 && grant.credential !== openCredential) await subjects.take(grant.subject, cost);
      return grant;
    },
    access: (inner) =>
      around(inner, {
        async holds(grant, token) {
          if (grant.credential !== openCredential) await subjects.take(grant.subject, changeCost);
          return inner.holds(grant, token);
        },
      }),
    beside: (inner) =>
      around(inner, {
        authorize: (request, signal) => guarded(request.address, () => inner.authorize(request, signal)),
      }),
  };
}

/** The same authorizer but for what is said. */
function around(inner: Authorizer, instead: Partial<Pick<Authorizer, 'authorize' | 'holds'>>): Authorizer {
  return {
    get open() {
      return inner.open;
    },
    closed: inner.closed,
    authorize: (request, signal) => inner.authorize(request, signal),
    holds: (grant, token) => inner.holds(grant, token),
    onRevoked: (listener) => inner.onRevoked(listener),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...instead,
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

/** What somebody meets who tries one credential after the other. */
const guessCodes: ReadonlySet<string> = new Set(['token-invalid', 'pass-invalid', 'edge-key-invalid']);

function isGuess(error: unknown): boolean {
  return error instanceof Failure && guessCodes.has(error.code);
}
