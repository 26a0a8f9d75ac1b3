import type { BroadcastPass } from '#src/core/pass-desk.ts';

/** Cookies with the prefix are kept by browsers only when they came over https (RFC 6265bis section 4.1.3.1). */
const securedName = '__Secure-frontrow';
const plainName = 'frontrow';
/** A browser that has several of one stream, of other hosts or older ones, sends them all. */
const maxPasses = 4;

/** Where a cookie with a pass is good. */
export interface PassCookiePlace {
  /** URL of the stream's folder, e.g. https://live.example.org/hls/NAME/. */
  readonly folder: URL;
  /** How the viewer called the server that sets it. */
  readonly server: URL;
  readonly domain: string | undefined;
  readonly sameSite: 'strict' | 'lax' | 'none';
}

/**
 * Value of Set-Cookie (RFC 6265 section 4.1) for a pass; undefined where the browser would not send the cookie to where LL-HLS
 * is. Scripts of the page cannot read it, and it goes to the files of its stream alone.
 */
export function passCookie(
  { cookie, untilMs }: BroadcastPass,
  { folder, server, domain, sameSite }: PassCookiePlace,
  nowMs: number,
): string | undefined {
  if (!reaches(server.hostname, folder.hostname, domain)) return undefined;
  const isSecure = folder.protocol === 'https:' && server.protocol === 'https:';
  if (!isSecure && sameSite === 'none') return undefined;
  const maxAgeS = Math.max(0, Math.floor((untilMs - nowMs) / 1000));
  return [
    `${isSecure ? securedName : plainName}=${cookie}`,
    `Path=${folder.pathname.replace(/\/$/, '')}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Max-Age=${maxAgeS}`,
    'HttpOnly',
    ...(isSecure ? ['Secure'] : []),
    `SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`,
  ].join('; ');
}

/** The passes among the cookies of a request, at most a few. */
export function passesInCookies(header: string | undefined): readonly string[] {
  if (header === undefined || !header.includes(plainName)) return [];
  const found: string[] = [];
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (name !== securedName && name !== plainName) continue;
    found.push(pair.slice(equals + 1).trim());
    if (found.length === maxPasses) break;
  }
  return found;
}

function reaches(from: string, to: string, domain: string | undefined): boolean {
  if (domain === undefined) return from === to;
  return [from, to].every((host) => host === domain || host.endsWith(`.${domain}`));
}
