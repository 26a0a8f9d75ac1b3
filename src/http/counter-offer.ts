import type { Request } from 'express';
import { Failure } from '#src/core/failure.ts';

/**
 * Clients that are known to take the server's offer out of a 406. The others must never see that status: one player takes it for
 * "no sound here" and tries again without, browser libraries throw.
 */
const knownClients: readonly RegExp[] = [/\bGStreamer\b/i, /\bwhepclientsrc\b/i, /\bsimple-whep-client\b/i];

/** Refusals of an offer that an offer of ours may heal. */
const healable: ReadonlySet<string> = new Set([
  'no-common-codec',
  'no-media',
  'wrong-direction',
  'bundle-required',
  'wrong-setup',
]);

/** Whether this refusal is about the shape of the client's offer, so that ours may do better. */
export function mayBeCountered(error: unknown): boolean {
  return error instanceof Failure && healable.has(error.code);
}

/**
 * Whether the client implements counter-offers (draft-ietf-wish-whep-03 section 4.2.2): it is known to, or it says so with
 * `Prefer: counter-offer` (RFC 7240), by accepting the media type with the parameter that only counter-offers have, or with
 * `?counter-offer=1`: GStreamer's element does not name itself, and takes nothing but a URL.
 */
export function takesCounterOffers({ headers, query }: Pick<Request, 'headers' | 'query'>): boolean {
  if (query['counter-offer'] === '1') return true;
  const userAgent = headers['user-agent'] ?? '';
  if (knownClients.some((client) => client.test(userAgent))) return true;
  const preferences = [headers['prefer'] ?? ''].flat().join(',').split(',');
  if (preferences.some((preference) => preference.trim().toLowerCase() === 'counter-offer')) return true;
  return (headers.accept ?? '')
    .split(',')
    .some((range) => /^\s*application\/sdp\s*;.*\bvalid-until\b/i.test(range));
}
