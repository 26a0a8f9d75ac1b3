import { type Request, type RequestHandler, type Response, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { CaptionWish, TakenCaption, TimedTextDesk } from '#src/core/timed-text.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { textBody } from '#src/http/limits-body.ts';
import { mediaTypeOf, methodNotAllowed, streamOf } from '#src/http/request.ts';
import { readCaptions } from './captions-body.ts';

const json = 'application/json';
const lines = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
const acceptPost = [json, ...lines].join(', ');

/** One of several captions that was not taken. */
interface Refused {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
}

/** Operators only: `POST /api/streams/:stream/captions` takes captions for the LL-HLS side of a live stream. */
export function captionsRouter(desk: TimedTextDesk, { gate }: Pick<RouteDeps, 'gate'>): Router {
  const router = Router({ caseSensitive: true });
  router
    .route('/api/streams/:stream/captions')
    .post(expectCaptions, textBody, async (request: Request, response: Response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      const isLines = mediaTypeOf(request) !== json;
      const { wishes, isList } = readCaptions(String(request.body), { isLines });
      response.set('Cache-Control', 'no-store');
      if (isList) takeAll(desk, { stream, wishes }, response);
      else for (const wish of wishes) response.status(201).json(dressed(desk.caption(stream, wish)));
    })
    .all(methodNotAllowed('OPTIONS, POST'));
  return router;
}

/** Takes what can be taken; says of each of the others why not. When nothing can, that is the failure of the first. */
function takeAll(
  desk: TimedTextDesk,
  { stream, wishes }: { readonly stream: StreamId; readonly wishes: readonly CaptionWish[] },
  response: Response,
): void {
  const taken: object[] = [];
  const refused: Refused[] = [];
  let first: Failure | undefined;
  for (const [index, wish] of wishes.entries()) {
    try {
      taken.push({ index, ...dressed(desk.caption(stream, wish)) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      first ??= error;
      refused.push({ index, code: error.code, detail: error.message });
    }
  }
  if (taken.length === 0 && first) throw first;
  response.status(refused.length === 0 ? 201 : 200).json({ taken, refused });
}

function dressed({ startMs, endMs, ...rest }: TakenCaption): object {
  return { ...rest, start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
}

const expectCaptions: RequestHandler = (request, response, next) => {
  if (![json, ...lines].includes(mediaTypeOf(request))) {
    response.setHeader('Accept-Post', acceptPost);
    throw new Failure('unsupported-media', 'wrong-media-type', `send Content-Type: ${json}, or ${lines[0]}`);
  }
  next();
};
