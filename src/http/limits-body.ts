import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { Failure } from '#src/core/failure.ts';

/** An SDP offer has a few KiB; nothing that this server takes is larger. */
const maxBodyBytes = 65_536;
/** How long a client may take to read why it was refused before its connection is cut. */
const lingerMs = 1_000;

/**
 * Sees to it that of a body that nobody wants nothing more is read: Node would swallow the rest, however long, to keep the
 * connection. What announces a body of a fitting length may keep it; any other is told that it will be closed.
 */
export function boundBody(request: IncomingMessage, response: ServerResponse): void {
  const { headers, socket } = request;
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= maxBodyBytes)
    return;
  response.setHeader('Connection', 'close');
  const closeNow = socket.destroySoon.bind(socket);
  // Node calls this when the answer is out. With a body still coming in, closing at once would be a reset that takes the
  // answer away from who is still sending: leave time to read it.
  socket.destroySoon = () => {
    if (request.complete) {
      closeNow();
      return;
    }
    socket.end();
    socket.pause();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  };
}

/** Middleware: throws `sdp-too-large` and `content-encoding` by the headers alone. */
export const refuseBody: RequestHandler = ({ headers }, _response, next) => {
  const { 'content-length': length, 'content-encoding': encoding } = headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Failure('unsupported-media', 'content-encoding', 'send the body without Content-Encoding');
  if (Number(length ?? 0) > maxBodyBytes) throw tooLarge();
  next();
};

/** Middleware: the body as text in `request.body`, '' without one. Throws `sdp-too-large` and `bad-body`. */
export const textBody: RequestHandler = async (request, _response, next) => {
  request.body = decode(await readBody(request));
  next();
};

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Ending the loop early must not end the connection: there is an answer to be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Failure || !request.destroyed) throw error;
    throw badBody();
  }
  return Buffer.concat(chunks);
}

/** Strict, because a replacement character where a byte was is a different document. */
function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    if (error instanceof TypeError) throw badBody();
    throw error;
  }
}

const tooLarge = (): Failure =>
  new Failure('too-large', 'sdp-too-large', 'the body is over 64 KiB; an SDP offer is a few KiB');

const badBody = (): Failure =>
  new Failure('invalid', 'bad-body', 'the body could not be read: it must be UTF-8 of the announced length');
