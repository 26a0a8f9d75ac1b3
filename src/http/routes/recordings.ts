import { type Request, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import { parseStreamId } from '#src/core/ids.ts';
import type { RecordingDesk, RecordingStatus } from '#src/core/record.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { basesOf, methodNotAllowed, streamOf } from '#src/http/request.ts';
import { recordingUrls, vodFolderUrl } from '#src/http/urls.ts';

/**
 * Operators only: `GET /api/recordings`, `GET` and `DELETE /api/recordings/:stream/:id`, and `POST` and `DELETE
 * /api/streams/:stream/recording`, which begin and end the recording of a live stream.
 */
export function recordingsRouter(desk: RecordingDesk, { gate, config }: RouteDeps): Router {
  const router = Router({ caseSensitive: true });
  const dressed = (request: Request, status: RecordingStatus): object => {
    const folder = vodFolderUrl(basesOf(request, config()), status.stream);
    return { ...status, problem: status.problem ?? null, urls: recordingUrls(folder, status) };
  };
  router
    .route('/api/recordings')
    .get(async (request, response) => {
      const { stream: text } = request.query;
      const stream = typeof text === 'string' ? parseStreamId(text) : undefined;
      if (text !== undefined && stream === undefined)
        throw new Failure('invalid', 'bad-query', 'stream: the name of one stream');
      await gate({ request, response }, 'operate', stream);
      const { problem, ...report } = desk.report;
      const recordings = desk.list(stream).map((status) => dressed(request, status));
      response.set('Cache-Control', 'no-store').json({ ...report, problem: problem ?? null, recordings });
    })
    .all(methodNotAllowed('GET, OPTIONS'));
  router
    .route('/api/recordings/:stream/:id')
    .get(async (request, response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      const status = desk.find(stream, request.params.id);
      if (!status)
        throw new Failure('missing', 'no-such-recording', 'there is no such recording here, or no longer');
      response.set('Cache-Control', 'no-store').json(dressed(request, status));
    })
    .delete(async (request, response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      await desk.remove(stream, request.params.id);
      response.status(204).set('Cache-Control', 'no-store').end();
    })
    .all(methodNotAllowed('DELETE, GET, OPTIONS'));
  router
    .route('/api/streams/:stream/recording')
    .post(async (request, response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      const status = await desk.start(stream);
      response.status(status ? 201 : 202).set('Cache-Control', 'no-store');
      // Nothing is complete yet: the answer names no recording, the list will.
      response.json(status ? dressed(request, status) : { stream, state: 'starting' });
    })
    .delete(async (request, response) => {
      const stream = streamOf(request);
      await gate({ request, response }, 'operate', stream);
      const status = await desk.stop(stream);
      response.set('Cache-Control', 'no-store').json(dressed(request, status));
    })
    .all(methodNotAllowed('DELETE, OPTIONS, POST'));
  return router;
}
