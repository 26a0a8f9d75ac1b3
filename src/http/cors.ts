import type { RequestHandler } from 'express';

const methods = 'OPTIONS, GET, HEAD, POST, PATCH, DELETE';
/** By name: a `*` would not cover Authorization. */
const allowedHeaders = 'Authorization, Content-Type, If-Match, ETag, Accept';
/** Players decide on trickle by reading Access-Control-Allow-Methods, so that is exposed too. */
const exposedHeaders =
  'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, Date, Access-Control-Allow-Methods';

/** CORS for WHIP, WHEP and the API (RFC 9725 section 4.2, WHEP section 4.3). A preflight is answered here and goes no further. */
export function cors(origin: () => string): RequestHandler {
  return (request, response, next) => {
    const value = origin();
    response.setHeader('Access-Control-Allow-Origin', value);
    if (value !== '*') response.vary('Origin');
    response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
    response.setHeader('Access-Control-Allow-Methods', methods);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
    response.setHeader('Access-Control-Max-Age', '86400');
    if (request.headers['access-control-request-private-network'] !== undefined)
      response.setHeader('Access-Control-Allow-Private-Network', 'true');
    if (/^\/wh[ie]p\//.test(request.path)) response.setHeader('Accept-Post', 'application/sdp');
    response.status(200).end();
  };
}
