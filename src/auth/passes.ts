import { type AccessRequest, type Authorizer, type Grant, openCredential } from '#src/core/access.ts';
import { fingerprint } from './secrets.ts';

/** Decides about a request of a player that asks several times a second; the signal is only made when it has to wait. */
export type Pass = (request: AccessRequest, signal: () => AbortSignal) => Grant | Promise<Grant>;

interface Kept {
  readonly grant: Grant;
  readonly untilMs: number;
}

/** A key does not expire; it is looked at again all the same. */
const longestMs = 60_000;

/**
 * Asks an authorizer once for each player (token, address, program) and stream, and goes by its word until the token expires or anything is revoked.
 * LL-HLS players fetch several files a second with the same token: checking a signature for each would cost more than
 * serving it. Bounded; the oldest verdicts go first.
 */
export function openPasses(
  access: Authorizer,
  { nowMs, limit = 20_000 }: { readonly nowMs: () => number; readonly limit?: number },
): { readonly pass: Pass } & Disposable {
  const kept = new Map<string, Kept>();
  /** Counts revocations: a verdict that was on its way during one is not kept. */
  let era = 0;
  const subscription = access.onRevoked(() => {
    era++;
    kept.clear();
  });
  const keep = (key: string, grant: Grant): void => {
    const untilMs = Math.min(grant.untilMs ?? Infinity, nowMs() + longestMs);
    kept.delete(key);
    kept.set(key, { grant, untilMs });
    const [oldest] = kept.keys();
    if (kept.size > limit && oldest !== undefined) kept.delete(oldest);
  };
  const ask = async (key: string, request: AccessRequest, signal: () => AbortSignal): Promise<Grant> => {
    const asked = era;
    const grant = await access.authorize(request, signal());
    if (asked === era && grant.credential !== openCredential) keep(key, grant);
    return grant;
  };
  return {
    pass: (request, signal) => {
      if (access.open) return access.authorize(request, signal());
      const key = keyOf(request);
      const found = kept.get(key);
      return found !== undefined && nowMs() < found.untilMs ? found.grant : ask(key, request, signal);
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

/** A webhook may look at all of it, so a word holds for nobody else. */
function keyOf({ action, tier, stream, token, address, userAgent }: AccessRequest): string {
  return fingerprint(JSON.stringify([action, tier, stream, token, address, userAgent]));
}
