import type { VideoWish } from '#src/core/media.ts';
import type { EgressPeer, Peer } from '#src/core/webrtc.ts';
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

function canWish(peer: Peer): peer is EgressPeer {
  return 'wish' in peer;
}
