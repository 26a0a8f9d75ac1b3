import type { SocketAddress } from '#src/core/engine.ts';
import type { IceCredentials } from '#src/core/plane.ts';
import { AddressTable, sameAddress, socketAddress } from './address.ts';
import {
  bindingSuccessResponse,
  isAuthentic,
  parseBindingRequest,
  roleConflictResponse,
  unknownAttributeResponse,
  type BindingRequest,
  type StunRefusal,
} from './stun.ts';

/** Addresses one peer may be reached at: a phone on two networks with IPv4 and IPv6 has four. */
const maxAddressesPerPeer = 8;

/** The ICE-lite side of one peer (RFC 8445 section 2.5): it answers checks and lets the other side choose. */
export interface IceAgent {
  /** Where media goes; undefined until the first authentic check. */
  readonly selected: SocketAddress | undefined;
}

interface Agent<P> extends IceAgent {
  readonly peer: P;
  selected: SocketAddress | undefined;
  credentials: IceCredentials;
  /** From before an ICE restart; answered until a check with the new ones came. */
  previous: IceCredentials | undefined;
  /** Verified addresses, oldest first. */
  readonly addresses: SocketAddress[];
  readonly seen: SeenChecks;
}

/** An authentic check, and what to send back to where it came from. */
export interface IceCheck<P> {
  readonly peer: P;
  readonly from: SocketAddress;
  readonly response: Buffer;
  /** The peer's first check, or the nomination of another address: media goes to `from` now. */
  readonly moved: boolean;
}

/** Checks that are remembered: some twenty minutes of a browser's. */
const seenChecks = 512;

/**
 * The transactions of a peer's last authentic checks. A check carries no proof of where it was sent from, so whoever reads
 * along could send it again from his own address and have the media come there; a client never uses a transaction for a
 * second address (RFC 8489 section 6).
 */
class SeenChecks {
  readonly #transactions = new Uint32Array(seenChecks);
  #count = 0;

  /** Notes a transaction; true when it was among the last ones already. */
  take(transaction: number): boolean {
    if (this.#transactions.subarray(0, Math.min(this.#count, seenChecks)).includes(transaction)) return true;
    this.#transactions[this.#count % seenChecks] = transaction;
    this.#count++;
    return false;
  }
}

/**
 * Answers the connectivity checks of all peers on one socket. Whoever does not know a peer's password gets no byte back
 * and changes nothing; whoever does may come from anywhere, so that NAT rebinding and roaming keep the session.
 */
export class IceLite<P extends object> {
  readonly #byPeer = new Map<P, Agent<P>>();
  readonly #byUfrag = new Map<string, Agent<P>>();
  readonly #byAddress = new AddressTable<Agent<P>>();

  /** From here on the checks for these credentials are answered. */
  add(peer: P, local: IceCredentials): IceAgent {
    this.remove(peer);
    const agent: Agent<P> = {
      peer,
      selected: undefined,
      credentials: local,
      previous: undefined,
      addresses: [],
      seen: new SeenChecks(),
    };
    this.#byPeer.set(peer, agent);
    this.#byUfrag.set(local.ufrag, agent);
    return agent;
  }

  /** ICE restart (RFC 8445 section 9): media goes on as it did until the other side nominates anew. */
  restart(peer: P, local: IceCredentials): void {
    const agent = this.#byPeer.get(peer);
    if (agent === undefined || agent.credentials.ufrag === local.ufrag) return;
    // A restart on top of a restart that was never used replaces it: two pairs of credentials at most.
    if (agent.previous === undefined) agent.previous = agent.credentials;
    else this.#byUfrag.delete(agent.credentials.ufrag);
    agent.credentials = local;
    this.#byUfrag.set(local.ufrag, agent);
  }

  remove(peer: P): void {
    const agent = this.#byPeer.get(peer);
    if (agent === undefined) return;
    this.#byPeer.delete(peer);
    this.#byUfrag.delete(agent.credentials.ufrag);
    if (agent.previous !== undefined) this.#byUfrag.delete(agent.previous.ufrag);
    for (const address of agent.addresses) this.#unmap(agent, address);
  }

  /** The peer that proved itself from this address, if any. */
  peerAt(ip: string, port: number): P | undefined {
    return this.#byAddress.get(ip, port)?.peer;
  }

  /** Judges one STUN datagram. */
  check(datagram: Buffer, ip: string, port: number): IceCheck<P> | StunRefusal {
    const request = parseBindingRequest(datagram);
    if (typeof request === 'string') return request;
    const agent = this.#byUfrag.get(request.localUfrag);
    if (agent === undefined) return 'stun-unauthenticated';
    const isCurrent = request.localUfrag === agent.credentials.ufrag;
    const credentials = isCurrent ? agent.credentials : agent.previous;
    if (credentials === undefined || !isAuthentic(request, credentials.password))
      return 'stun-unauthenticated';
    const isReplay = agent.seen.take(request.transaction);
    if (isReplay && this.#byAddress.get(ip, port) !== agent) return 'stun-replay';
    const from = socketAddress(ip, port);
    const refusal = refusalOf(request, credentials.password);
    if (refusal !== undefined) return { peer: agent.peer, from, response: refusal, moved: false };
    if (isCurrent && agent.previous !== undefined) {
      this.#byUfrag.delete(agent.previous.ufrag);
      agent.previous = undefined;
    }
    const response = bindingSuccessResponse(request, from, credentials.password);
    return { peer: agent.peer, from, response, moved: this.#accept(agent, from, request.useCandidate) };
  }

  /** Maps the address at once, not only when nominated: a browser's first DTLS flight may overtake its nomination. */
  #accept(agent: Agent<P>, from: SocketAddress, nominated: boolean): boolean {
    if (this.#byAddress.get(from.ip, from.port) !== agent) this.#map(agent, from);
    const before = agent.selected;
    const moves = before === undefined || (nominated && !sameAddress(before, from));
    if (moves) agent.selected = from;
    return moves;
  }

  #map(agent: Agent<P>, address: SocketAddress): void {
    const other = this.#byAddress.get(address.ip, address.port);
    // A client that came back on the same port before its old session timed out: the newer proof counts.
    if (other !== undefined) forget(other, address);
    this.#byAddress.set(address, agent);
    agent.addresses.push(address);
    if (agent.addresses.length <= maxAddressesPerPeer) return;
    const { selected } = agent;
    const oldest = agent.addresses.find(
      (candidate) => selected === undefined || !sameAddress(candidate, selected),
    );
    if (oldest === undefined) return;
    this.#unmap(agent, oldest);
    forget(agent, oldest);
  }

  #unmap(agent: Agent<P>, address: SocketAddress): void {
    if (this.#byAddress.get(address.ip, address.port) === agent) this.#byAddress.delete(address);
  }
}

function forget<P>(agent: Agent<P>, address: SocketAddress): void {
  const at = agent.addresses.findIndex((candidate) => sameAddress(candidate, address));
  if (at >= 0) agent.addresses.splice(at, 1);
}

/** Errors go to authentic requests only: an error is bigger than a forged request could be. */
function refusalOf(request: BindingRequest, password: string): Buffer | undefined {
  if (request.unknown.length > 0) return unknownAttributeResponse(request, password);
  if (request.claimsControlled) return roleConflictResponse(request, password);
  return undefined;
}
