import type { TrickleResult } from '#src/core/webrtc.ts';
import type { SessionDeps } from './deps.ts';
import type { SessionKey } from './sessions.ts';

/** Ends a session. Ending one that just ended is fine: OBS sends DELETE after its DTLS goodbye. Throws `session-not-found`. */
export async function endSession({ sessions }: SessionDeps, key: SessionKey): Promise<void> {
  if (sessions.ended(key)) return;
  await sessions.find(key).peer[Symbol.asyncDispose]();
}

/** Trickle or ICE restart; throws `session-not-found` and what Peer.trickle throws. */
export function patchSession(
  { sessions }: SessionDeps,
  key: SessionKey,
  patch: { readonly fragment: string; readonly ifMatch: string | undefined },
): TrickleResult {
  return sessions.find(key).peer.trickle(patch.fragment, patch.ifMatch);
}
