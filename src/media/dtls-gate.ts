import { readUint16 } from '#src/rtp/bytes.ts';

const recordHeaderBytes = 13;
const changeCipherSpec = 20;
const handshake = 22;
/** How long a client may go on repeating its last flight after our Finished left: it doubles its timer from 1 s. */
const lateFlightMs = 5_000;
/** A handshake takes about 10 datagrams; a client behind a lossy path repeats some. */
const maxDatagramsPerSecond = 64;

/**
 * Decides which DTLS datagrams of a peer reach the control plane. Once the session has keys, everything in the clear is
 * noise or an attack (a forged alert would end the session), but a client that missed our Finished repeats its last
 * flight and must get an answer; so clear handshake records pass for a few seconds, and alerts never do.
 */
export class DtlsGate {
  #secureSinceMs: number | undefined;
  #secondStartedMs = 0;
  #inSecond = 0;

  /** The handshake is done. */
  secure(nowMs: number): void {
    this.#secureSinceMs ??= nowMs;
  }

  /** Whether to hand the datagram on. */
  admits(datagram: Uint8Array, nowMs: number): boolean {
    if (nowMs - this.#secondStartedMs >= 1_000) {
      this.#secondStartedMs = nowMs;
      this.#inSecond = 0;
    }
    if (++this.#inSecond > maxDatagramsPerSecond) return false;
    const secureSinceMs = this.#secureSinceMs;
    const clearHandshakeAllowed = secureSinceMs === undefined || nowMs - secureSinceMs < lateFlightMs;
    return recordsAdmitted(datagram, secureSinceMs !== undefined, clearHandshakeAllowed);
  }
}

/** Walks the records of a datagram (RFC 6347 section 4.1); one that is not admitted condemns all of them. */
function recordsAdmitted(datagram: Uint8Array, secure: boolean, clearHandshakeAllowed: boolean): boolean {
  let at = 0;
  while (at < datagram.length) {
    if (at + recordHeaderBytes > datagram.length) return false;
    const type = datagram[at] ?? 0;
    const epoch = readUint16(datagram, at + 3);
    const end = at + recordHeaderBytes + readUint16(datagram, at + 11);
    if (end > datagram.length) return false;
    if (secure && epoch === 0) {
      const belongsToHandshake = type === handshake || type === changeCipherSpec;
      if (!belongsToHandshake || !clearHandshakeAllowed) return false;
    }
    at = end;
  }
  return at > 0;
}
