import type { TrickleResult } from '#src/core/webrtc.ts';
import type { SessionDeps } from './deps.ts';
import { noOfferFromServer } from './failures.ts';
import type { SessionKey } from './sessions.ts';

/** Ends a session. Ending one that just ended is fine: OBS sends DELETE after its DTLS goodbye. Throws `session-not-found`. */
export async function endSession({ sessions }: SessionDeps, key: SessionKey): Promise<void> {
  if (sessions.ended(key)) return;
  await sessions.find(key).peer[Symbol.asyncDispose]();
}

/**
 * The answer to an offer of ours (draft-murillo-whep-01 section 4.2, draft-ietf-wish-whep-03 section 4.2.2); gives the entity
 * tag of the ICE session that begins with it. Throws `session-not-found`, also when the offer expired, `no-offer-from-server`
 * and what negotiation refuses.
 */
export function answerSession({ sessions }: SessionDeps, key: SessionKey, answer: string): string {
  const { offer, peer } = sessions.find(key);
  if (!offer) throw noOfferFromServer();
  offer.accept(answer);
  return peer.etag;
}

/** Trickle or ICE restart; throws `session-not-found` and what Peer.trickle throws. */
export function patchSession(
  { sessions, config }: SessionDeps,
  key: SessionKey,
  patch: { readonly fragment: string; readonly ifMatch: string | undefined },
): TrickleResult {
  const rule = config().strictEtags ? 'strict' : 'lenient';
  return sessions.find(key).peer.trickle(patch.fragment, patch.ifMatch, rule);
}
