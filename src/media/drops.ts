/** Why an incoming datagram or packet went no further. A closed list: these are metric labels. */
export type DropReason =
  | 'stun-malformed'
  | 'stun-unauthenticated'
  /** A check that was seen before, from another address now. */
  | 'stun-replay'
  | 'stun-ignored'
  /** Not from an address that proved itself with an ICE check. */
  | 'unknown-address'
  | 'not-webrtc'
  | 'dtls-refused'
  | 'not-secure'
  | 'srtp-auth'
  | 'srtp-replay'
  | 'ssrc-limit'
  | 'malformed'
  | 'rtcp-malformed'
  /** An authentic packet that fits no negotiated track, layer or payload type. */
  | 'unknown-source'
  | 'unknown-payload-type'
  | 'duplicate'
  /** A publisher whose place another one took, or a viewer that sends media. */
  | 'not-publishing'
  | 'rtx-unusable'
  /** Our own mistake; logged once a second. */
  | 'bug';

/** Counts dropped input by reason; plain number fields, since a flood bumps them for each datagram. */
export class Drops {
  readonly #counts = new Map<DropReason, number>();

  note(reason: DropReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Totals by reason, those that never happened left out. */
  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
