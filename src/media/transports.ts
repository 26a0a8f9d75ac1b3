import type { Clock } from '#src/core/clock.ts';
import type { MediaEngine } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { IceCredentials, PlaneCommand, SrtpKeys } from '#src/core/plane.ts';
import { addressText } from './address.ts';
import type { Drops } from './drops.ts';
import { IceLite, type IceCheck } from './ice-lite.ts';
import { Mux } from './mux.ts';
import { PlanePeer } from './peer.ts';
import type { EmitEvent } from './plane-events.ts';

/** Commands about how a peer is reached, whatever it does. */
export type TransportCommand = Extract<
  PlaneCommand,
  { readonly type: 'add-peer' | 'restart-ice' | 'dtls-out' | 'secure' | 'remove-peer' }
>;

interface TransportsParts {
  readonly engine: MediaEngine;
  readonly drops: Drops;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly silenceTimeoutMs: number;
}

/** A peer that never sent an authentic check is not waited for longer than this, whatever the silence time-out says. */
const maxFirstCheckMs = 10_000;

/**
 * All peers of one plane as transports, from being announced until they fall silent: their ICE checks, their DTLS datagrams, and
 * their keys, which the engine gets once it is known where the peer is.
 */
export class Transports {
  /** Sorts what the socket received. */
  readonly mux: Mux;
  readonly #parts: TransportsParts;
  readonly #peers = new Map<PeerId, PlanePeer>();
  readonly #ice = new IceLite<PlanePeer>();

  constructor(parts: TransportsParts) {
    const { engine, drops, emit } = parts;
    this.#parts = parts;
    this.mux = new Mux({
      engine,
      ice: this.#ice,
      drops,
      listener: {
        checked: (check, nowMs) => this.#checked(check, nowMs),
        dtls: (peer, datagram) => {
          const copy = new Uint8Array(datagram);
          emit({ type: 'dtls-in', peer: peer.id, datagram: copy }, [copy.buffer]);
        },
      },
    });
  }

  get peers(): Iterable<PlanePeer> {
    return this.#peers.values();
  }

  find(id: PeerId): PlanePeer | undefined {
    return this.#peers.get(id);
  }

  /** Applies one command; those for an unknown peer change nothing. */
  apply(command: TransportCommand): void {
    if (command.type === 'add-peer') {
      this.#add(command.peer, command.local);
      return;
    }
    const peer = this.#peers.get(command.peer);
    if (peer === undefined) return;
    switch (command.type) {
      case 'restart-ice':
        this.#ice.restart(peer, command.local);
        break;
      case 'dtls-out':
        if (peer.address !== undefined) this.#parts.engine.sendRaw(peer.address, command.datagram);
        break;
      case 'secure':
        this.#secure(peer, command.keys);
        break;
      case 'remove-peer':
        this.#remove(peer);
    }
  }

  /** Removes those from whom nothing authentic came for too long, and tells. */
  tick(nowMs: number): void {
    for (const peer of this.#peers.values()) this.#judgeSilence(peer, nowMs);
  }

  /** Every peer leaves. */
  close(): void {
    for (const peer of [...this.#peers.values()]) this.#remove(peer);
  }

  #add(id: PeerId, local: IceCredentials): void {
    if (this.#peers.has(id)) return;
    const peer = new PlanePeer(id, this.#parts.clock.nowMs());
    this.#peers.set(peer.id, peer);
    this.#ice.add(peer, local);
  }

  /** Keys are taken once: the same keys again with fresh counters would reuse SRTP nonces. */
  #secure(peer: PlanePeer, keys: SrtpKeys): void {
    if (peer.engine !== undefined || peer.keysWaiting !== undefined) return;
    peer.gate.secure(this.#parts.clock.nowMs());
    peer.keysWaiting = keys;
    this.#attach(peer);
  }

  /** Gives the peer to the engine as soon as both its keys and its address are known. */
  #attach(peer: PlanePeer): void {
    if (peer.keysWaiting === undefined || peer.address === undefined) return;
    peer.engine = this.#parts.engine.addPeer(peer.keysWaiting, peer.address);
    this.mux.attach(peer.engine, peer);
    peer.keysWaiting = undefined;
    peer.role?.secured(peer.engine);
  }

  #checked(check: IceCheck<PlanePeer>, nowMs: number): void {
    const { peer, from } = check;
    peer.heardMs = nowMs;
    if (!check.moved) return;
    const isFirst = peer.address === undefined;
    peer.address = from;
    if (peer.engine !== undefined) this.#parts.engine.setAddress(peer.engine, from);
    else this.#attach(peer);
    if (isFirst) this.#parts.emit({ type: 'ice-connected', peer: peer.id, address: addressText(from) });
  }

  #judgeSilence(peer: PlanePeer, nowMs: number): void {
    const { silenceTimeoutMs, emit } = this.#parts;
    const neverCame = peer.address === undefined;
    const limitMs = neverCame ? Math.min(silenceTimeoutMs, maxFirstCheckMs) : silenceTimeoutMs;
    if (nowMs - peer.heardMs <= limitMs) return;
    this.#remove(peer);
    emit({ type: 'peer-gone', peer: peer.id, reason: neverCame ? 'never-came' : 'silent' });
  }

  #remove(peer: PlanePeer): void {
    peer.role?.close();
    peer.role = undefined;
    this.#ice.remove(peer);
    if (peer.engine !== undefined) {
      this.mux.detach(peer.engine);
      this.#parts.engine.removePeer(peer.engine);
    }
    this.#peers.delete(peer.id);
  }
}
