import { type Request, type Response, Router } from 'express';
import type { TimedTextDesk } from '#src/core/timed-text.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { expectJson } from '#src/http/json-body.ts';
import { textBody } from '#src/http/limits-body.ts';
import { methodNotAllowed, streamOf } from '#src/http/request.ts';
import { readDateRange } from './dateranges-body.ts';

/** Operators only: `POST /api/streams/:stream/dateranges` lists a date range in the playlists of a live stream. */
export function dateRangesRouter(desk: TimedTextDesk, { gate }: Pick<RouteDeps, 'gate'>): Router {
  const router = Router({ caseSensitive: true });
  router
    .route('/api/streams/:stream/dateranges')
    .post(expectJson, textBody, async (request: Request, response: Response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      const { id, startMs, endMs } = desk.dateRange(stream, readDateRange(String(request.body)));
      response
        .status(201)
        .set('Cache-Control', 'no-store')
        .json({
          id,
          start: new Date(startMs).toISOString(),
          end: endMs === undefined ? null : new Date(endMs).toISOString(),
        });
    })
    .all(methodNotAllowed('OPTIONS, POST'));
  return router;
}
