import type { Request, Response } from 'express';
import { Failure } from '#src/core/failure.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import type { HttpConfig } from './config.ts';
import type { Bases } from './urls.ts';

/** The stream that the path names; throws `bad-stream-id`. */
export function streamOf(request: Request): StreamId {
  const text = request.params['stream'];
  const id = typeof text === 'string' ? parseStreamId(text) : undefined;
  if (id === undefined)
    throw new Failure(
      'invalid',
      'bad-stream-id',
      'a stream name is 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit',
    );
  return id;
}

/** Media type of the body without parameters, lower case; '' when there is none. */
export function mediaTypeOf(request: Request): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Aborts when the client goes away before it was answered. */
export function clientGone(response: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  return abort.signal;
}

/** How the client called this server (http.publicUrl, or scheme and Host of the request), and where LL-HLS is. */
export function basesOf(request: Request, { publicUrl, hlsBaseUrl }: HttpConfig): Bases {
  const server = publicUrl === undefined ? calledAs(request) : withoutSlash(publicUrl);
  return { server, hls: hlsBaseUrl === undefined ? server : withoutSlash(hlsBaseUrl) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

function calledAs(request: Request): string {
  const host = request.headers.host;
  const safeHost = host !== undefined && /^[A-Za-z0-9.:[\]_-]+$/.test(host) ? host : 'localhost';
  return `${request.protocol}://${safeHost}`;
}

/** Answers 405 with the methods that do work on this path, and 204 to who asks for them (RFC 9110 section 9.3.7). */
export function methodNotAllowed(allow: string) {
  return (request: Request, response: Response): void => {
    response.setHeader('Allow', allow);
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    throw new Failure('method', 'method-not-allowed', `${request.method} does nothing here; use ${allow}`);
  };
}
