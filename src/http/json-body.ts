import type { RequestHandler } from 'express';
import { Failure } from '#src/core/failure.ts';
import { mediaTypeOf } from './request.ts';

const json = 'application/json';

/** Middleware: refuses a body that is not announced as JSON before a byte of it is read. */
export const expectJson: RequestHandler = (request, response, next) => {
  if (mediaTypeOf(request) !== json) {
    response.setHeader('Accept-Post', json);
    throw new Failure('unsupported-media', 'wrong-media-type', `send Content-Type: ${json}`);
  }
  next();
};
