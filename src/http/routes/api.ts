import { type Request, type Response, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { Snapshot, StreamStatus } from '#src/core/status.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { basesOf, streamOf } from '#src/http/request.ts';
import { streamUrls } from '#src/http/urls.ts';
import { unknownStream } from '#src/session/failures.ts';

/** `GET /api/streams`, `/api/streams/:stream`, and `/api/events`: a snapshot of everything once a second. */
export function apiRouter(snapshot: () => Snapshot, { access, gate, config }: RouteDeps): Router {
  const router = Router({ caseSensitive: true });
  const dressed = (request: Request, stream: StreamStatus): object => ({
    ...stream,
    urls: streamUrls(basesOf(request, config()), stream.id),
  });
  const dressedSnapshot = (request: Request): object => {
    const { node, streams } = snapshot();
    const { whip } = streamUrls(basesOf(request, config()), ':stream');
    return {
      node: { ...node, publishUrl: whip },
      streams: streams.map((stream) => dressed(request, stream)),
    };
  };

  router.get('/api/streams', async (request, response) => {
    await gate({ request, response }, 'operate');
    response.set('Cache-Control', 'no-store');
    response.json({ streams: snapshot().streams.map((stream) => dressed(request, stream)) });
  });
  router.get('/api/streams/:stream', async (request, response) => {
    const id = streamOf(request);
    await gate({ request, response }, 'operate', id);
    const stream = snapshot().streams.find((one) => one.id === id);
    if (!stream) throw unknownStream(id);
    response.set('Cache-Control', 'no-store').json(dressed(request, stream));
  });

  let listeners = 0;
  router.get('/api/events', async (request, response) => {
    const grant = await gate({ request, response }, 'operate');
    if (listeners >= config().maxEventListeners)
      throw new Failure(
        'unavailable',
        'too-many-listeners',
        'too many dashboards are open; raise http.maxEventListeners',
        {
          retryAfterMs: 10_000,
        },
      );
    listeners++;
    const subscription = access.onRevoked((isRevoked) => {
      if (isRevoked(grant)) response.end();
    });
    response.once('close', () => {
      listeners--;
      subscription[Symbol.dispose]();
    });
    streamSnapshots(response, () => dressedSnapshot(request));
  });
  return router;
}

/** Server-sent events. A reader that does not keep up misses snapshots instead of piling them up here. */
function streamSnapshots(response: Response, snapshot: () => object): void {
  response.set({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  const send = (): void => {
    if (!response.writableNeedDrain)
      response.write(`event: snapshot\ndata: ${JSON.stringify(snapshot())}\n\n`);
  };
  send();
  const timer = setInterval(send, 1_000);
  response.once('close', () => clearInterval(timer));
}
