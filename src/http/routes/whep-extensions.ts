import { Router } from 'express';
import { bearerOf } from '#src/http/access.ts';
import { carriedQuery, type ExtensionDeps, type Holder, sessionOf } from '#src/http/extension-session.ts';
import { basesOf, streamOf } from '#src/http/request.ts';
import { readQueryWish } from '#src/http/wish-request.ts';
import { viewerEventNames } from '#src/session/event-channel.ts';
import { notYourSession } from '#src/session/failures.ts';
import { checkWish } from '#src/session/wishes.ts';
import type { SignallingExtensions } from './signalling.ts';
import { whepEventsRouter } from './whep-events.ts';
import { whepLayerRouter } from './whep-layer.ts';

const prefix = 'urn:ietf:params:whep:ext:core';

/** Event streams and layer selection of WHEP sessions (WHEP core extensions). */
export function whepExtensionsRouter(deps: ExtensionDeps): Router {
  const holder: Holder = async (request) => {
    const session = sessionOf(deps, request);
    if (!(await deps.access.holds(session.grant, bearerOf(request)))) throw notYourSession();
    return session;
  };
  const router = Router({ caseSensitive: true });
  router.use(whepEventsRouter(deps, holder));
  router.use(whepLayerRouter(deps, holder));
  return router;
}

/** Where these extensions meet the viewer's offer: a first wish in the query, and their links in the answer. */
export function whepExtensions({ events, config }: ExtensionDeps): SignallingExtensions {
  return {
    wish(request) {
      const wish = readQueryWish(request.query);
      const layers = events.layersOf(streamOf(request));
      if (layers !== undefined) checkWish(wish, layers);
      return wish;
    },
    links(request, session) {
      const url = `${basesOf(request, config()).server}/whep/${session.stream}/${session.id}`;
      const names = viewerEventNames.join(',');
      return [
        `<${url}/events${carriedQuery(request)}>; rel="${prefix}:server-sent-events"; events="${names}"`,
        `<${url}/layer>; rel="${prefix}:layer"`,
      ];
    },
  };
}
