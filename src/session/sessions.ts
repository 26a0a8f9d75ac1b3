import type { Grant } from '#src/core/access.ts';
import { newSessionId, type SessionId, type StreamId } from '#src/core/ids.ts';
import type { Peer } from '#src/core/webrtc.ts';
import { unknownSession } from './failures.ts';

export type Role = 'publisher' | 'viewer';

/** What a WHIP or WHEP Location header points at. */
export interface Session {
  readonly id: SessionId;
  readonly role: Role;
  readonly stream: StreamId;
  readonly peer: Peer;
  /** What its holder was allowed when it began. */
  readonly grant: Grant;
  readonly address: string;
  readonly userAgent: string;
  readonly joinedAtMs: number;
  /** Where we made the offer. */
  readonly offer?: OpenOffer;
}

/** An offer of ours that waits for its answer, or was answered. */
export interface OpenOffer {
  /** The offer and its session are gone then unless they were answered; milliseconds since 1970. */
  readonly validUntilMs: number;
  /** Takes the viewer's answer; throws what negotiation refuses, and then it may be answered again. */
  accept(answer: string): void;
}

/** A session that was just answered. */
export function newSession<P extends Peer>(
  role: Role,
  peer: P,
  {
    stream,
    grant,
    address,
    userAgent,
    joinedAtMs,
  }: Pick<Session, 'stream' | 'grant' | 'address' | 'userAgent' | 'joinedAtMs'>,
): Session & { readonly peer: P } {
  return { id: newSessionId(), role, stream, peer, grant, address, userAgent, joinedAtMs };
}

/** The triple that a session URL names; all of it must match, so that a URL cannot be bent to another role or stream. */
export interface SessionKey {
  readonly id: string;
  readonly role: Role;
  readonly stream: string;
}

/** Tombstones kept at most; the oldest go first. */
const maxTombstones = 20_000;

/** All sessions of this node, and for a while the names of those that ended, so that DELETE after the end is still 200. */
export class Sessions {
  readonly #live = new Map<string, Session>();
  readonly #ended = new Map<string, { readonly key: SessionKey; readonly untilMs: number }>();
  readonly #tombstoneMs: () => number;
  readonly #nowMs: () => number;
  #isRevoked: (grant: Grant) => boolean = () => false;

  constructor(tombstoneMs: () => number, nowMs: () => number) {
    this.#tombstoneMs = tombstoneMs;
    this.#nowMs = nowMs;
  }

  /** Adds a session; it leaves by itself when its peer ends. */
  add(session: Session): void {
    this.#live.set(session.id, session);
    // Its grant may have been taken back while its offer was being answered.
    if (this.#isRevoked(session.grant)) void session.peer[Symbol.asyncDispose]();
    void session.peer.closed.then(() => {
      this.#live.delete(session.id);
      this.#bury({ id: session.id, role: session.role, stream: session.stream });
    });
  }

  /** The live session of this URL; throws `session-not-found`. */
  find(key: SessionKey): Session {
    const session = this.#live.get(key.id);
    if (session?.role !== key.role || session.stream !== key.stream) throw unknownSession();
    return session;
  }

  /** True when the session of this URL ended a short while ago. */
  ended(key: SessionKey): boolean {
    const grave = this.#ended.get(key.id);
    return (
      grave !== undefined &&
      grave.untilMs > this.#nowMs() &&
      grave.key.role === key.role &&
      grave.key.stream === key.stream
    );
  }

  /** Ends every session whose grant was taken back, those included that are being opened now. */
  endRevoked(isRevoked: (grant: Grant) => boolean): void {
    this.#isRevoked = isRevoked;
    for (const session of this.#live.values())
      if (isRevoked(session.grant)) void session.peer[Symbol.asyncDispose]();
  }

  count(role: Role): number {
    let count = 0;
    for (const session of this.#live.values()) if (session.role === role) count++;
    return count;
  }

  #bury(key: SessionKey): void {
    const nowMs = this.#nowMs();
    this.#ended.set(key.id, { key, untilMs: nowMs + this.#tombstoneMs() });
    for (const [id, grave] of this.#ended) {
      if (grave.untilMs > nowMs && this.#ended.size <= maxTombstones) break;
      this.#ended.delete(id);
    }
  }
}
