import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import { keysUnavailable } from './failures.ts';
import type { Outbound } from './outbound.ts';

/** Keys that an issuer publishes and rotates. */
export interface KeySet {
  readonly find: JWTVerifyGetKey;
}

/** How long the keys are good, and how soon after a look at them one looks again for an unknown `kid`. */
export interface KeySetTimes {
  readonly cacheMs: number;
  readonly cooldownMs: number;
}

const usualTimes: KeySetTimes = { cacheMs: 600_000, cooldownMs: 30_000 };
const timeoutMs = 3_000;
/** Key sets of the largest issuers have a few KiB. */
const maxBytes = 262_144;

/** The keys at a URL (RFC 7517), fetched when they are needed. The URL is that of the settings, never one of a token. */
export function remoteKeySet(
  url: string,
  { outbound, log }: { readonly outbound: Outbound; readonly log: Log },
  { cacheMs, cooldownMs }: KeySetTimes = usualTimes,
): KeySet {
  const look = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    [customFetch]: async (address, { signal }) => {
      const answer = await outbound({ url: address, method: 'GET', headers: {}, body: '', maxBytes }, signal);
      return new Response(answer.body, { status: answer.status });
    },
  });
  return {
    find: async (header, token) => {
      try {
        return await look(header, token);
      } catch (error) {
        if (isAboutToken(error)) throw error;
        log.warn({ problem: String(error) }, 'the keys at auth.jwksUrl cannot be had');
        throw keysUnavailable();
      }
    },
  };
}

/** Whether the set was read and just has no such key. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof Failure ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
