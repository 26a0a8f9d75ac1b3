import { type Request, Router } from 'express';
import { bearerOf, type RouteDeps } from '#src/http/access.ts';
import { tokenInQuery } from '#src/http/credentials.ts';
import { textBody } from '#src/http/limits-body.ts';
import { mediaTypeOf, methodNotAllowed, streamOf } from '#src/http/request.ts';
import { bodyOf, expectType, fragmentType, sdpType } from '#src/http/sdp-body.ts';
import { notYourSession } from '#src/session/failures.ts';
import { answerSession, endSession, patchSession } from '#src/session/leave.ts';
import type { Role, SessionKey } from '#src/session/sessions.ts';

const methods = 'OPTIONS, GET, HEAD, PATCH, DELETE';

/** What a Location of WHIP (RFC 9725 section 4.3) or WHEP (draft-ietf-wish-whep-03 section 4.4) leads to. */
export function sessionRouter(path: 'whip' | 'whep', role: Role, { sessions, access }: RouteDeps): Router {
  const router = Router({ caseSensitive: true });
  const keyOf = (request: Request): SessionKey => ({
    id: String(request.params['session']),
    role,
    stream: streamOf(request),
  });
  /** Throws `not-your-session` when the token is not that of the session's holder, `token-in-query` when it is in the URL. */
  const mustHold = async (request: Request): Promise<void> => {
    const misplaced = access.open ? undefined : tokenInQuery(request.originalUrl);
    if (misplaced !== undefined) throw misplaced;
    const { grant } = sessions.sessions.find(keyOf(request));
    if (!(await access.holds(grant, bearerOf(request)))) throw notYourSession();
  };
  /** Some players send the tag in an ETag header; strictly judged, that is no If-Match. */
  const ifMatchOf = ({ headers }: Request): string | undefined =>
    headers['if-match'] ?? (sessions.config().strictEtags ? undefined : [headers['etag']].flat()[0]);

  router
    .route(`/${path}/:stream/:session`)
    .options((request, response) => {
      streamOf(request);
      response.setHeader('Accept-Patch', fragmentType);
      response.status(200).end();
    })
    .get((request, response) => {
      sessions.sessions.find(keyOf(request));
      response.status(204).end();
    })
    .patch(expectType([fragmentType, sdpType], 'Accept-Patch'), textBody, async (request, response) => {
      await mustHold(request);
      if (mediaTypeOf(request) === sdpType) {
        const etag = answerSession(sessions, keyOf(request), bodyOf(request));
        response.status(204).set('ETag', etag).end();
        return;
      }
      const patch = { fragment: bodyOf(request), ifMatch: ifMatchOf(request) };
      const result = patchSession(sessions, keyOf(request), patch);
      if (result.did === 'trickle') response.status(204).end();
      else response.writeHead(200, { ETag: result.etag, 'Content-Type': fragmentType }).end(result.fragment);
    })
    .delete(async (request, response) => {
      if (!sessions.sessions.ended(keyOf(request))) await mustHold(request);
      await endSession(sessions, keyOf(request));
      response.status(200).end(); // exactly 200: OBS reports anything else as a failure
    })
    .all(methodNotAllowed(methods));
  return router;
}
