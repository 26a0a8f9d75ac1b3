import type { MediaPlane } from '#src/core/plane.ts';
import type { Reports } from './reports.ts';
import type { Streams } from './streams.ts';

/** Tells each stream's doctor what the media plane reported of it, once a second; behind `reports` in the plane's ear. */
export function openCheckups(plane: MediaPlane, streams: Streams, reports: Reports): Disposable {
  return plane.listen((event) => {
    if (event.type !== 'report') return;
    for (const { doctor, publication, viewers, broadcast } of streams.all)
      doctor.report({
        publication: reports.publication(publication),
        viewers: [...viewers.values()].flatMap(({ peer }) => reports.peer(peer.id) ?? []),
        lacksEncoder: broadcast.bridge?.state === 'failed' && broadcast.bridge.encoder?.name === 'none',
      });
  });
}
