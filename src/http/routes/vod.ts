import { type NextFunction, type Request, type Response, Router } from 'express';
import { openCredential } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import type { RecordingDesk, VodAnswer, VodRequest } from '#src/core/record.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { clientGone, methodNotAllowed } from '#src/http/request.ts';
import { sendFile } from '#src/http/send-file.ts';

/** Reads a path below /vod/; undefined for what names nothing of a recording. */
export type ReadVodPath = (path: string) => VodRequest | undefined;

const prefix = '/vod/';
const lasting = 'max-age=31536000, immutable';
const brief = 'max-age=1';

/**
 * `GET /vod/:stream/:id/…`: playlists, media and pictures of recordings, and `/vod/:stream/:id.mp4`. Who may view the stream
 * may view its recordings.
 */
export function vodRouter(
  desk: RecordingDesk,
  readPath: ReadVodPath,
  { gate }: Pick<RouteDeps, 'gate'>,
): Router {
  const router = Router();
  const serve = async (request: Request, response: Response): Promise<void> => {
    const asked = readPath(request.path.slice(prefix.length));
    if (!asked)
      throw new Failure('missing', 'no-such-recording-path', 'this path names nothing of a recording');
    const grant = await gate({ request, response }, 'view', asked.stream);
    const answer = await desk.open(asked, clientGone(response));
    const audience = grant.credential === openCredential ? 'public' : 'private';
    if (audience === 'private') response.vary('Authorization');
    await send(response, answer, (how) => `${audience}, ${how}`);
  };
  router.use(async (request: Request, response: Response, next: NextFunction) => {
    if (!request.path.startsWith(prefix)) {
      next();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      methodNotAllowed('GET, HEAD, OPTIONS')(request, response);
    await serve(request, response);
  });
  return router;
}

async function send(response: Response, answer: VodAnswer, cache: (how: string) => string): Promise<void> {
  switch (answer.is) {
    case 'playlist':
      response
        .set({
          'Content-Type': 'application/vnd.apple.mpegurl',
          // A complete one may still be removed: looked at again after a while.
          'Cache-Control': cache(answer.immutable ? 'max-age=60' : brief),
        })
        .send(Buffer.from(answer.text));
      return;
    case 'file':
      await sendFile(response, answer.file, cache(answer.file.immutable ? lasting : brief));
      return;
    case 'elsewhere':
      response.set('Cache-Control', cache('max-age=60')).redirect(302, answer.url);
      return;
  }
}
