import type { VideoWish } from '#src/core/media.ts';
import type { EgressPeer, Peer } from '#src/core/webrtc.ts';
import { unknownLayer } from './failures.ts';
import type { ToldLayers } from './layers-event.ts';
import type { Session } from './sessions.ts';

/** What each viewer asked for last; gone with its session. */
const wished = new WeakMap<Session, VideoWish>();

/** A viewer asks for less, or for all again; what its grant allows stays the limit. */
export function setWish(session: Session, wish: VideoWish): void {
  wished.set(session, wish);
  if (canWish(session.peer)) session.peer.wish(limitedWish(wish, session.grant.maxHeight));
}

/** What a viewer gets at most: what it asked for, within what its grant allows. */
export function wishOf(session: Session): VideoWish {
  return limitedWish(wished.get(session) ?? {}, session.grant.maxHeight);
}

/** A wish within the limit of a token: the stricter of the two wins, whatever else was wished for stays. */
export function limitedWish(wish: VideoWish, maxHeight: number | undefined): VideoWish {
  if (maxHeight === undefined) return wish;
  return { ...wish, maxHeight: Math.min(wish.maxHeight ?? maxHeight, maxHeight) };
}

/**
 * Throws `unknown-layer` for a wish that names what a stream does not have. Layers inside a stream are only known once they
 * were seen; a limit is always fine.
 */
export function checkWish(wish: VideoWish, { active, inactive, layers }: ToldLayers): void {
  const { rid, spatialLayer, temporalLayer } = wish;
  const names = [...active, ...inactive].flatMap(({ id }) => id ?? []);
  if (rid !== undefined && !names.includes(rid)) throw unknownLayer(`rid "${rid.slice(0, 20)}"`, names);
  const inside = layers.filter((one) => rid === undefined || one.rid === rid);
  const isThere = inside.some(
    (one) =>
      one.spatialLayerId === (spatialLayer ?? one.spatialLayerId) &&
      one.temporalLayerId === (temporalLayer ?? one.temporalLayerId),
  );
  if (isThere || inside.length === 0) return;
  const known = inside.map((one) => partName(one.rid, one.spatialLayerId, one.temporalLayerId));
  throw unknownLayer(partName(rid, spatialLayer, temporalLayer), known);
}

/** As the browsers' scalability modes name layers, e.g. `h S0T1`. */
function partName(
  rid: string | undefined,
  spatial: number | undefined,
  temporal: number | undefined,
): string {
  return `${rid === undefined ? '' : `${rid} `}S${spatial ?? '*'}T${temporal ?? '*'}`;
}

function canWish(peer: Peer): peer is EgressPeer {
  return 'wish' in peer;
}
