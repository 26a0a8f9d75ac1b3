import { type Request, type Response, Router } from 'express';
import { expectJson } from '#src/http/json-body.ts';
import { textBody } from '#src/http/limits-body.ts';
import { methodNotAllowed } from '#src/http/request.ts';
import { readLayerRequest } from '#src/http/wish-request.ts';
import { unknownMedia } from '#src/session/failures.ts';
import { videoLineOf } from '#src/session/media-id.ts';
import type { Session } from '#src/session/sessions.ts';
import { checkWish, setWish, wishOf } from '#src/session/wishes.ts';
import type { ExtensionDeps, Holder } from '#src/http/extension-session.ts';

const methods = 'OPTIONS, GET, HEAD, POST, DELETE';

/** `/whep/:stream/:session/layer`: what the viewer wants of the video (WHEP core extensions, "Video Layer Selection"). */
export function whepLayerRouter({ events }: ExtensionDeps, holder: Holder): Router {
  const router = Router({ caseSensitive: true });
  const tell = (response: Response, session: Session): void => {
    const mediaId = videoLineOf(session.peer.answer).index;
    const layers = events.layersOf(session.stream);
    response.set('Cache-Control', 'no-store').json({ mediaId, wish: wishOf(session), ...layers });
  };
  router
    .route('/whep/:stream/:session/layer')
    .options((_request, response) => {
      response.status(200).setHeader('Accept-Post', 'application/json').end();
    })
    .get(async (request, response) => tell(response, await holder(request)))
    .post(expectJson, textBody, async (request: Request, response: Response) => {
      const session = await holder(request);
      const { mediaId, wish } = readLayerRequest(String(request.body));
      const video = videoLineOf(session.peer.answer);
      if (mediaId !== undefined && mediaId !== video.index && mediaId !== video.mid)
        throw unknownMedia(mediaId, video);
      const layers = events.layersOf(session.stream);
      if (layers !== undefined) checkWish(wish, layers);
      setWish(session, wish);
      tell(response, session);
    })
    .delete(async (request, response) => {
      const session = await holder(request);
      setWish(session, {});
      tell(response, session);
    })
    .all(methodNotAllowed(methods));
  return router;
}
