import type { NextFunction, Request, Response } from 'express';
import { Failure } from '#src/core/failure.ts';
import { mediaTypeOf } from './request.ts';

/** Media type of an SDP offer or answer (RFC 8866 section 8.2.1). */
export const sdpType = 'application/sdp';
/** Media type of trickled candidates and ICE restarts (RFC 8840 section 9). */
export const fragmentType = 'application/trickle-ice-sdpfrag';

/** Middleware: refuses another media type before a byte of the body is read, and names those that are taken. */
export function expectType(
  types: readonly string[],
  acceptHeader: 'Accept-Post' | 'Accept-Patch',
  orElse: (request: Request) => boolean = () => false,
) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (types.includes(mediaTypeOf(request)) || orElse(request)) {
      next();
      return;
    }
    const [type = ''] = types;
    response.setHeader(acceptHeader, type);
    throw new Failure('unsupported-media', 'wrong-media-type', `send Content-Type: ${type}`);
  };
}

/** Whether a request announces no body at all, by its headers alone (RFC 9112 section 6.3). */
export function announcesNothing({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/** Whether the body that was read has no byte. */
export function isEmpty({ body }: { readonly body?: unknown }): boolean {
  return body === undefined || body === '';
}

/** The body that was read; throws `empty-body`. */
export function bodyOf({ body }: { readonly body?: unknown }): string {
  if (typeof body === 'string' && body.trim() !== '') return body;
  throw new Failure('invalid', 'empty-body', 'the body is empty; send the SDP in it');
}
