import type { PeerId } from '#src/core/ids.ts';
import type { IceCredentials } from '#src/core/plane.ts';
import { isAuthentic, parseBindingRequest } from '../stun.ts';

/** A peer that may come over TCP. */
export interface DirectoryEntry {
  readonly peer: PeerId;
  /** The UDP port of its media worker. */
  readonly workerPort: number;
  /** Newest first; two during an ICE restart. */
  readonly credentials: readonly IceCredentials[];
}

/** Knows who may come and where each belongs. As many entries as the media plane has peers. */
export class PeerDirectory {
  readonly #byPeer = new Map<PeerId, DirectoryEntry>();
  readonly #byUfrag = new Map<string, DirectoryEntry>();

  get size(): number {
    return this.#byPeer.size;
  }

  add(peer: PeerId, workerPort: number, local: IceCredentials): void {
    this.remove(peer);
    this.#enter({ peer, workerPort, credentials: [local] });
  }

  /** ICE restart: both credentials are good, as the media plane goes on answering the old ones for a while. */
  restart(peer: PeerId, local: IceCredentials): void {
    const before = this.#byPeer.get(peer);
    const current = before?.credentials[0];
    if (before === undefined || current === undefined || current.ufrag === local.ufrag) return;
    this.remove(peer);
    // The oldest stays: a restart on top of one that was never used replaces that one.
    this.#enter({ ...before, credentials: [local, before.credentials[1] ?? current] });
  }

  remove(peer: PeerId): void {
    const entry = this.#byPeer.get(peer);
    if (entry === undefined) return;
    this.#byPeer.delete(peer);
    for (const { ufrag } of entry.credentials) this.#byUfrag.delete(ufrag);
  }

  get(peer: PeerId): DirectoryEntry | undefined {
    return this.#byPeer.get(peer);
  }

  /**
   * Whose a connection is that begins with this frame: an ICE check made with the peer's password. `unknown` when there is no
   * such peer, which may be about to be added; `refused` when nothing can make it good.
   */
  authenticate(frame: Buffer): DirectoryEntry | 'unknown' | 'refused' {
    const request = parseBindingRequest(frame);
    if (typeof request === 'string') return 'refused';
    const entry = this.#byUfrag.get(request.localUfrag);
    if (entry === undefined) return 'unknown';
    const password = passwordFor(entry, request.localUfrag);
    return password !== undefined && isAuthentic(request, password) ? entry : 'refused';
  }

  #enter(entry: DirectoryEntry): void {
    this.#byPeer.set(entry.peer, entry);
    for (const { ufrag } of entry.credentials) this.#byUfrag.set(ufrag, entry);
  }
}

/** The password that goes with one of a peer's ufrags. */
export function passwordFor(entry: DirectoryEntry, ufrag: string): string | undefined {
  return entry.credentials.find((one) => one.ufrag === ufrag)?.password;
}
