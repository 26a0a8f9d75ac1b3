import type { RequestHandler } from 'express';

const methods = 'OPTIONS, GET, HEAD, POST, PATCH, DELETE';
/** By name: a `*` would not cover Authorization. */
const allowedHeaders =
  'Authorization, Content-Type, If-Match, ETag, Accept, Range, If-Range, If-None-Match, If-Modified-Since';
/** Players decide on trickle by reading Access-Control-Allow-Methods, so that is exposed too. */
const exposedHeaders =
  'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, Date, Expires, WWW-Authenticate, Access-Control-Allow-Methods, ' +
  'Accept-Ranges, Age, Allow, Content-Disposition, Content-Range';

/**
 * CORS for WHIP, WHEP, recordings and the API (RFC 9725 section 4.2, WHEP section 4.3). A preflight is answered here and goes no further;
 * a page of an origin that is not on the list gets no header at all, and its browser keeps the answer from it.
 */
export function cors(origins: () => readonly string[]): RequestHandler {
  return (request, response, next) => {
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    const allowed = allowedOrigin(origins(), request.headers.origin);
    // Also where nothing is allowed: a cache must not hand this answer to another page.
    if (allowed !== '*') response.vary('Origin');
    if (allowed !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', allowed);
      response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
      response.setHeader('Access-Control-Allow-Methods', methods);
      if (isPreflight) allowPreflight(request.headers, response);
    }
    if (!isPreflight) {
      next();
      return;
    }
    if (/^\/wh[ie]p\//.test(request.path)) response.setHeader('Accept-Post', 'application/sdp');
    response.status(200).end();
  };
}

function allowPreflight(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  response: { setHeader(name: string, value: string): unknown },
): void {
  response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
  response.setHeader('Access-Control-Max-Age', '86400');
  if (headers['access-control-request-private-network'] !== undefined)
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
}

/** What the page's origin is told; undefined for nothing. Browsers send scheme and host in lower case. */
function allowedOrigin(origins: readonly string[], origin: string | undefined): string | undefined {
  if (origins.includes('*')) return '*';
  return origin !== undefined && origins.includes(origin) ? origin : undefined;
}
