import { Router } from 'express';
import { Failure } from '#src/core/failure.ts';
import type { Tier } from '#src/core/tier.ts';
import type { RouteDeps } from '#src/http/access.ts';
import { basesOf, streamOf } from '#src/http/request.ts';
import { streamUrls } from '#src/http/urls.ts';
import { join } from '#src/session/join.ts';

const query = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `GET /join/:stream?webrtc=1|0&want=interactive|broadcast&codecs=h264,opus`: which tier, why, and where it is. */
export function joinRouter({ sessions, gate, config }: RouteDeps): Router {
  const router = Router({ caseSensitive: true });
  router.get('/join/:stream', async (request, response) => {
    const stream = streamOf(request);
    const { tier: granted } = await gate({ request, response }, 'view', stream);
    const answer = join(sessions, {
      stream,
      webrtc: flag(query(request.query['webrtc'])),
      wants: wish(query(request.query['want'])),
      codecs: query(request.query['codecs'])?.toLowerCase().split(',').slice(0, 16),
      granted,
    });
    const { whep, hls } = streamUrls(basesOf(request, config()), stream);
    response.set('Cache-Control', 'no-store').json({ ...answer, whep, hls });
  });
  return router;
}

function flag(text: string | undefined): boolean {
  if (text === undefined || text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new Failure('invalid', 'bad-query', 'webrtc is 1 (the viewer can do WebRTC) or 0');
}

function wish(text: string | undefined): Tier | undefined {
  if (text === undefined || text === '' || text === 'interactive' || text === 'broadcast')
    return text || undefined;
  throw new Failure('invalid', 'bad-query', 'want is interactive or broadcast, or left out');
}
