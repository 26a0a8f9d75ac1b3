import type { ServerResponse } from 'node:http';
import { Failure, type FailureKind } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import { challengeFor } from './credentials.ts';

/** The only place where kinds of failure become HTTP statuses. */
const statusOf: Readonly<Record<FailureKind, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  missing: 404,
  method: 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  stale: 412,
  'too-large': 413,
  'unsupported-media': 415,
  unprocessable: 422,
  precondition: 428,
  'too-many': 429,
  unavailable: 503,
};

const titleOf: Readonly<Record<FailureKind, string>> = {
  invalid: 'The request is malformed',
  unauthorized: 'A token is needed',
  forbidden: 'Not allowed',
  missing: 'Not found',
  method: 'Method not allowed here',
  'not-acceptable': 'Not acceptable',
  conflict: 'Not now',
  gone: 'Gone',
  stale: 'It has changed meanwhile',
  'too-large': 'Too large',
  'unsupported-media': 'Wrong media type',
  unprocessable: 'The offer cannot be served',
  precondition: 'If-Match is needed',
  'too-many': 'Too many requests',
  unavailable: 'Not available now',
};

/**
 * Answers with problem+json (RFC 9457). `error` repeats the detail because players in the field read that field. A bug
 * (anything but a Failure) becomes 500 without detail and is logged.
 */
export function sendProblem(error: unknown, response: ServerResponse, log: Log): void {
  const known = error instanceof Failure ? error : fromBodyParser(error);
  if (!known) log.error({ err: error }, 'request failed unexpectedly');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = known ? statusOf[known.kind] : 500;
  const detail = known?.message ?? 'Frontrow made a mistake; the log of this node says more';
  const body = {
    type: known ? `urn:frontrow:problem:${known.code}` : 'about:blank',
    title: known ? titleOf[known.kind] : 'Internal error',
    status,
    code: known?.code ?? 'internal-error',
    detail,
    error: detail,
  };
  if (known?.retryAfterMs !== undefined)
    response.setHeader('Retry-After', Math.max(1, Math.ceil(known.retryAfterMs / 1000)));
  const challenge = known && challengeFor(known);
  if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Cache-Control', 'no-store');
  response.statusCode = status;
  response.end(JSON.stringify(body));
}

/** Express's body reader throws errors with a `type`; these are the client's mistakes, not ours. */
function fromBodyParser(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('type' in error)) return undefined;
  switch (error.type) {
    case 'entity.too.large':
      return new Failure('too-large', 'sdp-too-large', 'the body is over 64 KiB; an SDP offer is a few KiB');
    case 'encoding.unsupported':
      return new Failure('unsupported-media', 'content-encoding', 'send the body without Content-Encoding');
    case 'request.size.invalid':
    case 'request.aborted':
    case 'charset.unsupported':
      return new Failure(
        'invalid',
        'bad-body',
        'the body could not be read: it must be UTF-8 of the announced length',
      );
    default:
      return undefined;
  }
}
