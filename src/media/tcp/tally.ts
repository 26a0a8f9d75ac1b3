import type { TcpReport } from '#src/core/plane-report.ts';

/** Why a connection was turned away or cut. A closed list: these are labels. */
export type RefusalReason =
  /** As many connections as may be, of all or of one address. */
  | 'full'
  | 'full-address'
  /** Nothing came in time. */
  | 'no-first-frame'
  /** The first frame is no ICE check made with the password of a session. */
  | 'unauthenticated'
  /** A frame larger than any WebRTC packet: this is another protocol. */
  | 'oversize'
  | 'idle'
  /** It did not drain. */
  | 'stuck'
  /** A newer connection of the same peer took its place. */
  | 'replaced'
  /** The system had no socket for it. */
  | 'no-socket'
  /** Our own mistake; logged. */
  | 'bug';

/** What the TCP port counted; plain fields, since packets bump them. */
export class RelayTally {
  accepted = 0;
  framesIn = 0;
  bytesIn = 0;
  framesOut = 0;
  bytesOut = 0;
  framesDropped = 0;
  readonly #refused = new Map<RefusalReason, number>();

  refuse(reason: RefusalReason, count = 1): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
  }

  /** Totals, those of refusals that never happened left out. */
  snapshot(connections: number): RelayCounts {
    const { accepted, framesIn, bytesIn, framesOut, bytesOut, framesDropped } = this;
    const refused = Object.fromEntries(this.#refused);
    return { connections, accepted, framesIn, bytesIn, framesOut, bytesOut, framesDropped, refused };
  }
}

/** {@link RelayTally} as it is told. */
export type RelayCounts = Omit<TcpReport, 'port'>;
