import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { errorCode } from '#src/core/error-code.ts';

/** What Node's parser calls what it does not take. */
const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);
const details: ReadonlyMap<number, string> = new Map([
  [431, 'the headers of the request are longer than 16 KiB'],
  [413, 'the body of the request is framed with more than is in it'],
  [408, 'the request took too long to arrive'],
]);
/** For who still sends: closing at once would take the answer away. */
const lingerMs = 1_000;

/**
 * The whole answer to a request that the parser does not understand: pages of other sites may read it like any other, and it is
 * problem+json with no more to say than its status (RFC 9457 section 4.2.1).
 */
export function unreadableAnswer(error: unknown): string {
  const status = statuses.get(errorCode(error)) ?? 400;
  const title = STATUS_CODES[status] ?? '';
  const detail = details.get(status) ?? 'this is no HTTP request';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, error: detail });
  return [
    `HTTP/1.1 ${status} ${title}`,
    'Connection: close',
    'Access-Control-Allow-Origin: *',
    'Cache-Control: no-store',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Answers what the parser does not understand, for one server. */
export class Unreadable {
  /** What was asked last on each connection. */
  readonly #latest = new WeakMap<object, ServerResponse>();

  /** A request was understood. */
  note({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#latest.set(socket, response);
  }

  /** Answers for this server from now on, in place of Node. */
  attach(server: EventEmitter): void {
    server.on('clientError', (error: Error, socket: Duplex) => {
      // Not of the parser: the connection broke, or its handshake did.
      const ofParser = /^(?:HPE|ERR_HTTP)_/.test(errorCode(error) ?? '');
      if (!ofParser || !socket.writable || this.#isAnswering(socket)) {
        socket.destroy();
        return;
      }
      socket.end(unreadableAnswer(error));
      const timer = setTimeout(() => socket.destroy(), lingerMs);
      socket.once('close', () => clearTimeout(timer));
    });
  }

  /** Whether an answer to something else is on its way, in which nothing may be written. */
  #isAnswering(socket: Duplex): boolean {
    const latest = this.#latest.get(socket);
    if (latest === undefined || latest.writableFinished) return false;
    // One that waits behind another has no socket yet.
    return latest.headersSent || latest.socket === null;
  }
}
