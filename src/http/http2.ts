import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';

import { Http1Adapter } from './http2-adapter.ts';

/** How long a client may take; as for HTTP/1.1. */
export interface Http2Patience {
  /** From the handshake to the first request. */
  readonly headersTimeout: number;
  /** From a request's headers to the end of its body. */
  readonly requestTimeout: number;
  /** A connection without a request on it. */
  readonly keepAliveTimeout: number;
  /** An answer of which the client reads nothing more. */
  readonly stalledTimeout: number;
}

/** Who answers what came over HTTP/2. */
export interface Http2Handlers {
  /** Answers what it knows over either version; false, and nothing done, for all else. */
  readonly first: (request: Http2ServerRequest, response: Http2ServerResponse) => boolean;
  /** Answers all else. Knows HTTP/1.1 only. */
  readonly rest: RequestListener;
  /** What comes over HTTP/1.1 after all. */
  readonly http1: RequestListener;
  /** Streams that `rest` serves at a time. */
  readonly maxStreams: number;
}

/** As much as Node takes over HTTP/1.1. */
const maxHeaderBytes = 16_384;
/** Of one connection. A player has a few, a browser with a dashboard a few dozen. */
const maxConcurrentStreams = 100;

const settings: SecureServerOptions = {
  settings: { maxConcurrentStreams, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  // Streams that are opened and reset cost work and no place (CVE-2023-44487): as many at once as a player that seeks may
  // ever make, and so many a second; a connection with more is ended.
  streamResetBurst: 200,
  streamResetRate: 33,
  // Frames that are against the protocol, and streams beyond the limit, are no accident either.
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** An HTTPS server that speaks HTTP/2 with who offers it by ALPN (RFC 7301), and HTTP/1.1 with all others. */
export function createHttp2Server(
  context: SecureServerOptions,
  patience: Http2Patience,
  { first, rest, http1, maxStreams }: Http2Handlers,
): Http2SecureServer {
  const adapter = new Http1Adapter(rest, maxStreams);
  const server = createSecureServer(
    { ...patience, ...settings, ...context, allowHTTP1: true },
    (request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | ServerResponse) => {
      if (request instanceof IncomingMessage) {
        if (response instanceof ServerResponse) http1(request, response);
        return;
      }
      if (!(response instanceof Http2ServerResponse)) return;
      boundStream(request, patience);
      if (!first(request, response)) adapter.carry(request, response);
    },
  );
  server.on('session', (session) => boundSession(session, patience));
  return server;
}

/**
 * Ends a connection that holds no request for too long. What arrives meanwhile does not count: a byte of a header now and then,
 * or pings, keep nobody here.
 */
function boundSession(
  session: ServerHttp2Session,
  { headersTimeout, keepAliveTimeout }: Http2Patience,
): void {
  let open = 0;
  const end = (): void => session.destroy();
  let timer = setTimeout(end, headersTimeout);
  session.on('stream', (stream) => {
    open += 1;
    clearTimeout(timer);
    stream.once('close', () => {
      open -= 1;
      if (open === 0 && !session.destroyed) timer = setTimeout(end, keepAliveTimeout);
    });
  });
  session.once('close', () => clearTimeout(timer));
}

/** Ends a stream that stands still, one whose body does not come, and what is left of a body that nobody wanted. */
function boundStream(request: Http2ServerRequest, { requestTimeout, stalledTimeout }: Http2Patience): void {
  const { stream } = request;
  cutOffUnread(stream, stalledTimeout);
  if (stream.endAfterHeaders) return;
  const timer = setTimeout(() => {
    if (!request.complete) stream.close(constants.NGHTTP2_CANCEL);
  }, requestTimeout);
  stream.once('close', () => clearTimeout(timer));
  stream.once('finish', () => {
    if (!request.complete) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

/**
 * Ends a stream whose answer waits to be read and does not move. Node's own time-out of a stream would be put off by anything that
 * goes out on the connection, so pings would keep it for ever.
 */
function cutOffUnread(stream: ServerHttp2Stream, stalledTimeoutMs: number): void {
  let waitedBytes = 0;
  let moved = false;
  stream.on('drain', () => (moved = true));
  const timer = setInterval(() => {
    const waitingBytes = stream.writableLength;
    if (waitingBytes > 0 && waitingBytes === waitedBytes && !moved) stream.close(constants.NGHTTP2_CANCEL);
    waitedBytes = waitingBytes;
    moved = false;
  }, stalledTimeoutMs / 2);
  stream.once('close', () => clearInterval(timer));
}
