import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as openRequest,
  type RequestListener,
  type Server,
} from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { unreadableAnswer } from './unreadable.ts';

/** Mean something on one connection only; HTTP/2 has none of them (RFC 9113 section 8.2.2). */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Serves HTTP/2 by a handler that knows only HTTP/1.1, as express is. Each stream becomes a connection inside the process with
 * one HTTP/1.1 request on it, written and read by Node's own client and server, so the handler meets nothing that it would
 * not meet over TCP: back pressure, clients that leave, bodies that are too long.
 */
export class Http1Adapter {
  readonly #server: Server;
  readonly #maxStreams: number;
  #open = 0;

  constructor(handle: RequestListener, maxStreams: number) {
    this.#server = createServer(handle);
    // What HTTP/1.1 does not take: an unknown method, a request without a host. Node's own answer would be lost with the
    // connection, which here is gone at once.
    this.#server.on('clientError', (error, socket) => socket.end(unreadableAnswer(error)));
    this.#maxStreams = maxStreams;
  }

  /** Streams that are being served. */
  get open(): number {
    return this.#open;
  }

  /** Serves one stream; above the limit it is refused, so that the client may ask again (RFC 9113 section 8.7). */
  carry(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const { stream } = request;
    if (stream.destroyed) return;
    if (this.#open >= this.#maxStreams) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const [near, far] = duplexPair();
    this.#open += 1;
    stream.once('close', () => {
      this.#open -= 1;
      near.destroy();
      far.destroy();
    });
    this.#server.emit('connection', connected(far, request));
    const outgoing = begin(request, near);
    if (outgoing === undefined) {
      response.writeHead(400);
      response.end();
      return;
    }
    outgoing.once('response', (incoming: IncomingMessage) => passOn(incoming, response));
    // Without an answer, or in the middle of one: the handler has given up on this request.
    outgoing.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    if (stream.endAfterHeaders) {
      outgoing.end();
      return;
    }
    // At once: what may be refused by its headers alone need not wait for a body.
    outgoing.flushHeaders();
    request.pipe(outgoing);
  }
}

/** The end that the handler sees, with what it reads about who connected. */
function connected(far: Duplex, { socket }: Http2ServerRequest): Duplex {
  const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket;
  return Object.assign(far, {
    encrypted: true,
    ...{ remoteAddress, remotePort, remoteFamily, localAddress, localPort },
  });
}

/** Undefined for what HTTP/1.1 has no way to say, e.g. a path with bytes that no URL has. */
function begin(request: Http2ServerRequest, near: Duplex): ClientRequest | undefined {
  const { method, url: path } = request;
  try {
    return openRequest({
      createConnection: () => near,
      setHost: false,
      method,
      path,
      headers: asked(request),
    });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A body without a length is framed anew: nothing that it holds may be read as another request. */
function asked({ headers, authority, stream }: Http2ServerRequest): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':') && !ofConnection.has(name)) kept[name] = value;
  const host = authority === '' ? headers.host : authority;
  if (host !== undefined) kept['host'] = host;
  if (stream.endAfterHeaders) delete kept['content-length'];
  else if (kept['content-length'] === undefined) kept['transfer-encoding'] = 'chunked';
  return kept;
}

function passOn(incoming: IncomingMessage, response: Http2ServerResponse): void {
  const { stream } = response;
  // Node tells of an answer that breaks off by this alone.
  incoming.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  response.writeHead(incoming.statusCode ?? 502, answered(incoming));
  // Where there can be no body (HEAD, 204, 304) writing the headers has ended the stream.
  if (stream.writableEnded || stream.destroyed) incoming.resume();
  else incoming.pipe(stream);
}

/** One value for what comes once: Node takes a list for a second header line. */
function answered({ headersDistinct }: IncomingMessage): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, values = []] of Object.entries(headersDistinct))
    if (!ofConnection.has(name)) kept[name] = values.length === 1 ? values[0] : [...values];
  return kept;
}
