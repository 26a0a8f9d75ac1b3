import { type Request, Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { TokenDesk, TokenWish } from '#src/core/token-desk.ts';
import { parseStreamId } from '#src/core/ids.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { textBody } from '#src/http/limits-body.ts';
import { basesOf, mediaTypeOf, methodNotAllowed } from '#src/http/request.ts';
import { readTokenWish } from '#src/http/token-wish.ts';
import { passAnswer } from './join.ts';
import { streamUrls, vodFolderUrl } from '#src/http/urls.ts';

/** Names of tokens: ours have 16 characters, others' may be longer. */
const jtiText = /^[\x21-\x7e]{1,200}$/;

/** `POST /api/tokens` makes a token for a publisher or viewer, `DELETE /api/tokens/:jti` revokes one. Operators only. */
export function tokensRouter(desk: TokenDesk, { gate, passes, config }: RouteDeps): Router {
  const router = Router({ caseSensitive: true });
  router
    .route('/api/tokens')
    .post(textBody, async (request, response) => {
      await gate({ request, response }, 'operate');
      const wish = readTokenWish(jsonOf(request));
      const { token, jti, expiresAtMs } = await desk.mint(wish);
      response
        .status(201)
        .set('Cache-Control', 'no-store')
        .json({
          token,
          jti,
          expiresAt: new Date(expiresAtMs).toISOString(),
          urls: urlsOf(request, wish, token),
          ...passOf(request, wish, jti),
        });
    })
    .all(methodNotAllowed('OPTIONS, POST'));
  router
    .route('/api/tokens/:jti')
    .delete(async (request, response) => {
      await gate({ request, response }, 'operate');
      const { jti } = request.params;
      if (!jtiText.test(jti)) throw new Failure('invalid', 'bad-token-request', 'this is no jti');
      const { untilMs, survivesRestart } = await desk.revoke(jti);
      const rememberedUntil = new Date(untilMs).toISOString();
      response.set('Cache-Control', 'no-store').json({ jti, rememberedUntil, survivesRestart });
    })
    .all(methodNotAllowed('OPTIONS, DELETE'));
  return router;

  /** Where a token for one stream is good. The page gets it behind `#`, which browsers keep to themselves. */
  function urlsOf(request: Request, { stream, action, tier, maxHeight }: TokenWish, token: string): object {
    const id = parseStreamId(stream);
    if (id === undefined) return {};
    const { whip, whep, hls, watch, publish } = streamUrls(basesOf(request, config()), id, maxHeight);
    if (action === 'publish') return { whip, publish: `${publish}#token=${token}` };
    return {
      ...(tier !== 'broadcast' && { whep }),
      ...(tier !== 'interactive' && { hls }),
      watch: `${watch}#token=${token}`,
    };
  }

  /** The same permission for a player that can send no header; it ends by itself, not with the token. */
  function passOf(
    request: Request,
    { stream, action, tier, subject, maxHeight }: TokenWish,
    jti: string,
  ): object {
    const id = parseStreamId(stream);
    if (id === undefined) return {};
    const grant = { action, subject, credential: jti, tier, maxHeight };
    const [live, recorded] = [passes?.issue(id, grant), passes?.issue(id, grant, 'vod')];
    const bases = basesOf(request, config());
    return {
      ...(live && { hlsPass: passAnswer(live, bases) }),
      ...(recorded && {
        vodPass: {
          folder: vodFolderUrl(bases, id, recorded.path),
          expiresAt: new Date(recorded.untilMs).toISOString(),
        },
      }),
    };
  }
}

function jsonOf(request: Request): unknown {
  if (mediaTypeOf(request) !== 'application/json')
    throw new Failure('unsupported-media', 'wrong-media-type', 'send Content-Type: application/json');
  try {
    return JSON.parse(String(request.body));
  } catch {
    throw new Failure('invalid', 'bad-token-request', 'the body is no JSON');
  }
}
