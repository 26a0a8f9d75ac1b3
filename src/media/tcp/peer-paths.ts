import type { PeerId } from '#src/core/ids.ts';

/** A path as far as it is kept here. */
export interface HeldPath extends Disposable {
  readonly localPort: number;
}

interface Held {
  readonly peer: PeerId;
  /** Set when its connection is no more: the address is then only kept from others. */
  untilMs: number | undefined;
}

/** Addresses kept beyond their connections, at most; then the oldest go early. */
const maxLingering = 4_096;

/** The UDP sockets of all connections, with those that outlive theirs for a while. */
export class PeerPaths implements Disposable {
  readonly #held = new Map<HeldPath, Held>();
  readonly #lingering = new Set<HeldPath>();
  readonly #released: (localPort: number) => void;

  constructor(released: (localPort: number) => void) {
    this.#released = released;
  }

  add(peer: PeerId, path: HeldPath): void {
    this.#held.set(path, { peer, untilMs: undefined });
  }

  /** Keeps a path that has no connection any more. */
  linger(path: HeldPath, untilMs: number): void {
    const held = this.#held.get(path);
    if (held === undefined) return;
    held.untilMs = untilMs;
    this.#lingering.add(path);
    const [oldest] = this.#lingering;
    if (this.#lingering.size > maxLingering && oldest !== undefined) this.release(oldest);
  }

  /** The peer is gone: what lingers of it goes at the latest then. */
  hurry(peer: PeerId, untilMs: number): void {
    for (const path of this.#lingering) {
      const held = this.#held.get(path);
      if (held?.peer === peer && held.untilMs !== undefined) held.untilMs = Math.min(held.untilMs, untilMs);
    }
  }

  release(path: HeldPath): void {
    this.#lingering.delete(path);
    if (!this.#held.delete(path)) return;
    const { localPort } = path;
    path[Symbol.dispose]();
    this.#released(localPort);
  }

  sweep(nowMs: number): void {
    for (const path of this.#lingering) {
      if ((this.#held.get(path)?.untilMs ?? nowMs) <= nowMs) this.release(path);
    }
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#held.keys()]) this.release(path);
  }
}
