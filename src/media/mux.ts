import type { DatagramSource, EnginePeer, MediaEngine } from '#src/core/engine.ts';
import { classify } from '#src/rtp/header.ts';
import type { Drops } from './drops.ts';
import type { IceCheck, IceLite } from './ice-lite.ts';
import type { PlanePeer } from './peer.ts';

/** Who hears what the mux let through. */
export interface MuxListener {
  /** An authentic check was answered; media may have to move. */
  checked(check: IceCheck<PlanePeer>, nowMs: number): void;
  dtls(peer: PlanePeer, datagram: Uint8Array): void;
}

interface MuxParts {
  readonly engine: MediaEngine;
  readonly ice: IceLite<PlanePeer>;
  readonly drops: Drops;
  readonly listener: MuxListener;
}

/** Sorts the datagrams of the one socket (RFC 7983) to ICE, DTLS and, unprotected, to the peers' roles. */
export class Mux {
  readonly #engine: MediaEngine;
  readonly #ice: IceLite<PlanePeer>;
  readonly #drops: Drops;
  readonly #listener: MuxListener;
  /** By the engine's numbers, which are small and used again. */
  readonly #byEngine: (PlanePeer | undefined)[] = [];
  datagramsIn = 0;
  bytesIn = 0;

  constructor(parts: MuxParts) {
    this.#engine = parts.engine;
    this.#ice = parts.ice;
    this.#drops = parts.drops;
    this.#listener = parts.listener;
  }

  /** One datagram. Whoever did not prove himself with a check gets no answer and reaches nobody. */
  receive(datagram: Buffer, from: DatagramSource, nowMs: number): void {
    this.datagramsIn++;
    this.bytesIn += datagram.length;
    const kind = classify(datagram);
    if (kind === undefined) {
      this.#drops.note('not-webrtc');
      return;
    }
    if (kind === 'stun') {
      this.#stun(datagram, from, nowMs);
      return;
    }
    if (kind === 'dtls') {
      // Not by the engine's word: a client that came back on the port of its old session has no keys in it yet.
      const peer = this.#ice.peerAt(from.ip, from.port);
      if (peer === undefined) this.#drops.note('unknown-address');
      else if (peer.gate.admits(datagram, nowMs)) this.#listener.dtls(peer, datagram);
      else this.#drops.note('dtls-refused');
      return;
    }
    const peer = this.#sender(from);
    if (peer === undefined) this.#drops.note('unknown-address');
    else this.#media(peer, datagram, kind, nowMs);
  }

  /** The engine holds keys for this peer from now on. */
  attach(engine: EnginePeer, peer: PlanePeer): void {
    this.#byEngine[engine] = peer;
  }

  /** The engine's peer is no more. */
  detach(engine: EnginePeer): void {
    this.#byEngine[engine] = undefined;
  }

  #sender(from: DatagramSource): PlanePeer | undefined {
    const known = from.peer === undefined ? undefined : this.#byEngine[from.peer];
    return known ?? this.#ice.peerAt(from.ip, from.port);
  }

  #stun(datagram: Buffer, from: DatagramSource, nowMs: number): void {
    const outcome = this.#ice.check(datagram, from.ip, from.port);
    if (typeof outcome === 'string') {
      this.#drops.note(outcome);
      return;
    }
    this.#engine.sendRaw(outcome.from, outcome.response);
    this.#listener.checked(outcome, nowMs);
  }

  #media(peer: PlanePeer, datagram: Buffer, kind: 'rtp' | 'rtcp', nowMs: number): void {
    if (peer.engine === undefined) {
      this.#drops.note('not-secure');
      return;
    }
    const result =
      kind === 'rtp'
        ? this.#engine.unprotectRtp(peer.engine, datagram)
        : this.#engine.unprotectRtcp(peer.engine, datagram);
    if (typeof result === 'string') {
      this.#drops.note(result);
      return;
    }
    peer.heardMs = nowMs;
    const role = peer.role;
    if (role === undefined) this.#drops.note('not-publishing');
    else if (kind === 'rtp') role.rtp(datagram.subarray(0, result), nowMs);
    else role.rtcp(datagram.subarray(0, result), nowMs);
  }
}
