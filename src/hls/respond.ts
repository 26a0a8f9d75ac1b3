import type { OutgoingHttpHeaders } from 'node:http';
import { Failure, type FailureKind } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import type { HlsIncoming, HlsAnswer } from './exchange.ts';
import type { PlaylistBytes } from './served.ts';

/** The same for everybody, so that caches need not tell origins apart. Players read Age and Date to find the edge. */
const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Age, Content-Range, Date, ETag, Retry-After, WWW-Authenticate',
} as const;

/**
 * Who may keep an answer: every cache on the way, also only until a moment (in milliseconds since 1970, when the URL is no
 * longer good), or only the client that asked with its token.
 */
export type CacheAudience = 'public' | 'private' | { readonly publicUntilMs: number };

/** Cache-Control and Vary: what a token opened is neither kept nor handed out by a shared cache (RFC 9111 section 3.5). */
export function cacheHeaders(
  audience: CacheAudience,
  cacheControl: string,
  vary?: string,
): OutgoingHttpHeaders {
  if (audience === 'public')
    return { 'Cache-Control': cacheControl, ...(vary !== undefined && { Vary: vary }) };
  if (audience !== 'private') {
    const leftS = Math.max(0, Math.floor((audience.publicUntilMs - Date.now()) / 1000));
    return cacheHeaders('public', shortened(cacheControl, leftS), vary);
  }
  return {
    'Cache-Control': `private, ${cacheControl.replace(/^public, /, '')}`,
    Vary: vary === undefined ? 'Authorization' : `${vary}, Authorization`,
  };
}

/** No longer than the URL is good: a cache that does not check passes must not serve what its gateway refuses. */
function shortened(cacheControl: string, leftS: number): string {
  return cacheControl.replace(
    /max-age=(\d+)/,
    (_all, age: string) => `max-age=${Math.min(Number(age), leftS)}`,
  );
}

/** Sends a complete body; returns its length. Chunks are written as they are, without joining them. */
export function sendBytes(
  response: HlsAnswer,
  chunks: readonly Uint8Array[],
  headers: OutgoingHttpHeaders,
  status: 200 | 206 | 304 | 416 = 200,
): number {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  // A 304 would tell the length of what it does not send (RFC 9110 section 8.6).
  response.writeHead(status, { ...cors, ...headers, ...(status !== 304 && { 'Content-Length': length }) });
  if (response.req.method === 'HEAD') {
    response.end();
    return 0;
  }
  // Corked, the header and all chunks leave in one write.
  response.cork();
  for (const chunk of chunks) response.write(chunk);
  response.end();
  return length;
}

/** Begins a body whose length nobody knows yet. */
export function beginBytes(response: HlsAnswer, headers: OutgoingHttpHeaders): void {
  response.writeHead(200, { ...cors, ...headers });
}

/** A playlist and who may keep it. */
export interface PlaylistAnswer {
  readonly bytes: PlaylistBytes;
  readonly audience: CacheAudience;
  readonly cacheControl: string;
  /** Of an HLS playlist, where it is not said. */
  readonly contentType?: string;
}

/** Sends a playlist, compressed when the client takes gzip; returns the length of the body. */
export function sendPlaylist(
  request: HlsIncoming,
  response: HlsAnswer,
  { bytes, audience, cacheControl, contentType = 'application/vnd.apple.mpegurl' }: PlaylistAnswer,
): number {
  const gzip = acceptsGzip(request.headers['accept-encoding']);
  return sendBytes(response, [gzip ? bytes.gzip : bytes.plain], {
    'Content-Type': contentType,
    ...cacheHeaders(audience, cacheControl, 'Accept-Encoding'),
    ...(gzip && { 'Content-Encoding': 'gzip' }),
  });
}

/** Longer than any pass: {@link cacheHeaders} cuts it to what is left. */
const passEnds = 'public, max-age=172800';

/**
 * Answers 204 to a cache that asks whether a pass is good: to be kept for as long as the pass lives. What nobody needs a pass
 * for, or a token opened, is told for a moment only, because settings change.
 */
export function sendVerdict(response: HlsAnswer, audience: CacheAudience): void {
  const cacheControl = typeof audience === 'object' ? passEnds : 'max-age=10';
  response.writeHead(204, { ...cors, ...cacheHeaders(audience, cacheControl) });
  response.end();
}

/** Answers a CORS preflight. */
export function sendPreflight(response: HlsAnswer): void {
  response.writeHead(204, {
    ...cors,
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    // By name too: the star does not cover Authorization (Fetch section 4.9).
    'Access-Control-Allow-Headers': '*, Authorization',
    'Access-Control-Max-Age': 86_400,
  });
  response.end();
}

const answers: Readonly<Partial<Record<FailureKind, { readonly status: number; readonly title: string }>>> = {
  invalid: { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  missing: { status: 404, title: 'Not found' },
  method: { status: 405, title: 'Method not allowed here' },
  'too-many': { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Not available now' },
};
const bug = { status: 500, title: 'Internal error' } as const;

/** Answers with problem+json (RFC 9457). Anything but a known Failure is a bug: logged, answered without detail. */
export function sendFailure(error: unknown, response: HlsAnswer, log: Log): void {
  const failure = error instanceof Failure ? error : undefined;
  const { status, title } = (failure && answers[failure.kind]) ?? bug;
  if (status === bug.status) log.error({ err: error }, 'hls request failed unexpectedly');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const code = failure?.code ?? 'internal-error';
  const detail = failure?.message ?? 'Frontrow made a mistake; the log of this node says more';
  const type = failure ? `urn:frontrow:problem:${code}` : 'about:blank';
  const staysS = Math.floor((failure?.staysMs ?? 0) / 1000);
  const body = Buffer.from(JSON.stringify({ type, title, status, code, detail, error: detail }));
  response.writeHead(status, {
    ...cors,
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    // One request for what is about to be must not take it from everybody behind the same cache.
    'Cache-Control': staysS >= 1 ? `max-age=${staysS}` : 'no-store',
    ...(isPlaylist(response.req.url) && { Vary: 'Accept-Encoding' }),
    ...(status === 405 && { Allow: 'GET, HEAD, OPTIONS' }),
    ...(failure?.retryAfterMs !== undefined && {
      'Retry-After': Math.max(1, Math.ceil(failure.retryAfterMs / 1000)),
    }),
  });
  if (response.req.method !== 'HEAD') response.write(body);
  response.end();
}

/** Whether what stands there is compressed for those who want it: caches are told with every answer, so also with a refusal. */
function isPlaylist(target = ''): boolean {
  return /^[^?]*(?:\.m3u8|\.mpd|\/storyboard\.vtt)(?:\?|$)/.test(target);
}

/** Whether gzip is welcome (RFC 9110 section 12.5.3); `*` counts, a weight of 0 refuses. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const text = typeof header === 'string' ? header : (header?.join(',') ?? '');
  let any = false;
  for (const item of text.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((piece) => piece.trim().toLowerCase());
    const welcome = !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') return welcome;
    if (coding === '*') any = welcome;
  }
  return any;
}
