import { SignallingError } from './signalling.ts';

/** Resolves when the connection is up; rejects with a temporary {@link SignallingError} when it is not in time. */
export async function settled(
  peer: RTCPeerConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    // After a restart the state may still be the old "failed" for a moment, so only time decides about failure.
    await when(
      peer,
      () => (peer.connectionState === 'connected' && pathWorks(peer) ? true : undefined),
      patience,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SignallingError('No media path to the server: a firewall or VPN may block its UDP port.', {
      status: 0,
      code: 'no-media-path',
    });
  }
}

function pathWorks(peer: RTCPeerConnection): boolean {
  return peer.iceConnectionState === 'connected' || peer.iceConnectionState === 'completed';
}

/** What asks for an ICE restart, or ends a session. */
type Trouble = 'disconnected' | 'failed' | 'closed' | 'network-changed';

/** Waits for something that asks for an ICE restart or ends the session. */
export async function nextTrouble(peer: RTCPeerConnection, signal: AbortSignal): Promise<Trouble> {
  let networkChanged = false;
  const done = new AbortController();
  const noticed = (): void => {
    networkChanged = true;
    peer.dispatchEvent(new Event('connectionstatechange'));
  };
  addEventListener('online', noticed, { signal: done.signal });
  try {
    return await when(
      peer,
      () => {
        const state = peer.connectionState;
        if (state === 'disconnected' || state === 'failed' || state === 'closed') return state;
        return networkChanged ? 'network-changed' : undefined;
      },
      signal,
    );
  } finally {
    done.abort();
  }
}

/** Waits until `look` finds something on a change of the connection's state. */
function when<T>(peer: RTCPeerConnection, look: () => T | undefined, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const check = (): void => {
      const found = look();
      if (found === undefined) return;
      done.abort();
      resolve(found);
    };
    const give = (): void => {
      done.abort();
      reject(signal.reason instanceof Error ? signal.reason : new DOMException('Stopped', 'AbortError'));
    };
    if (signal.aborted) {
      give();
      return;
    }
    signal.addEventListener('abort', give, { signal: done.signal });
    peer.addEventListener('connectionstatechange', check, { signal: done.signal });
    peer.addEventListener('iceconnectionstatechange', check, { signal: done.signal });
    check();
  });
}
