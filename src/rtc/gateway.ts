import { systemClock, type Clock } from '#src/core/clock.ts';
import { nextPeerId, type PeerId, type PublicationId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import { randomText, randomUint32 } from '#src/core/random.ts';
import type { EgressPeer, EgressRequest, IngestPeer, PeerGateway } from '#src/core/webrtc.ts';
import { writeAnswer } from './answer.ts';
import { hostCandidates, type HostCandidate } from './candidates.ts';
import { makeCertificate, type GatewayCertificate } from './certificate.ts';
import type { RtcConfig } from './config.ts';
import { gatewayClosed, gatewayFull } from './failures.ts';
import { HandshakeLine } from './handshake-line.ts';
import { newIceCredentials } from './ice-session.ts';
import { JoinQueue } from './join-queue.ts';
import { negotiateEgress, type SourceNames } from './negotiate-egress.ts';
import { negotiateIngest } from './negotiate-ingest.ts';
import type { AnswerModel } from './negotiation.ts';
import type { Offer } from './offer.ts';
import { GatewayPeer } from './peer.ts';
import type { TransportSection } from './sdp-fragment.ts';
import { readOffer } from './sdp-reader.ts';

/** What a gateway is opened with. */
export interface GatewayParts {
  readonly plane: MediaPlane;
  /** Addresses to advertise, best first; see `advertisedAddresses`. */
  readonly addresses: readonly string[];
  readonly config: Omit<RtcConfig, 'port' | 'addresses'>;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Opens the WebRTC door on a media plane: makes the certificate and begins to hear the plane. */
export async function openPeerGateway(parts: GatewayParts): Promise<PeerGateway & Living> {
  return new Gateway(parts, await makeCertificate());
}

/** What puts a peer to work. */
type BeginCommand = Extract<PlaneCommand, { readonly type: 'publish' | 'view' }>;

class Gateway implements PeerGateway, Living {
  readonly closed: Promise<CloseReason>;
  readonly #parts: GatewayParts;
  readonly #identity: GatewayCertificate;
  /** By the plane's port: one for each media worker. */
  readonly #candidates: ReadonlyMap<number, readonly HostCandidate[]>;
  readonly #peers = new Map<PeerId, GatewayPeer>();
  readonly #queue: JoinQueue;
  readonly #line = new HandshakeLine();
  readonly #life = new Lifetime();

  constructor(parts: GatewayParts, identity: GatewayCertificate) {
    this.#parts = parts;
    this.#identity = identity;
    const { addresses, plane } = parts;
    this.#candidates = new Map(plane.ports.map((port) => [port, hostCandidates(addresses, port)]));
    this.#queue = new JoinQueue(
      { timeoutMs: parts.config.negotiationTimeoutMs, maxWaiting: parts.config.maxPeers },
      parts.clock ?? systemClock,
    );
    this.closed = this.#life.closed;
    this.#life.own(this.#line);
    this.#life.own(parts.plane.listen((event) => this.#hear(event)));
    this.#life.defer(() => Promise.all([...this.#peers.values()].map((peer) => peer.end({ by: 'owner' }))));
    void parts.plane.closed.then((reason) => this.#planeClosed(reason));
  }

  async ingest(offerText: string, publication: PublicationId, signal: AbortSignal): Promise<IngestPeer> {
    const offer = await this.#admit(offerText, signal);
    const { answer, incoming, tracks } = negotiateIngest(offer, this.#parts.config);
    const peer = this.#open(offer, answer, (id) => ({
      type: 'publish',
      peer: id,
      publication,
      tracks: incoming,
    }));
    return Object.assign(peer, { tracks });
  }

  async egress(offerText: string, request: EgressRequest, signal: AbortSignal): Promise<EgressPeer> {
    const offer = await this.#admit(offerText, signal);
    const { answer, outgoing } = negotiateEgress(offer, request.tracks, freshNames(), this.#parts.config);
    return this.#open(offer, answer, (id) => ({
      type: 'view',
      peer: id,
      publication: request.publication,
      tracks: outgoing,
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  /** Waits for its turn and reads the offer; from here to the answer nothing waits any more. */
  async #admit(offerText: string, signal: AbortSignal): Promise<Offer> {
    this.#checkRoom();
    await this.#queue.turn(signal);
    signal.throwIfAborted();
    this.#checkRoom();
    return readOffer(offerText);
  }

  #checkRoom(): void {
    if (this.#life.ended) throw gatewayClosed();
    const { maxPeers } = this.#parts.config;
    if (this.#peers.size >= maxPeers) throw gatewayFull(maxPeers);
  }

  #open(offer: Offer, model: AnswerModel, begin: (id: PeerId) => BeginCommand): GatewayPeer {
    const { plane, config, log } = this.#parts;
    const id = nextPeerId();
    const local = newIceCredentials();
    const command = begin(id);
    const { fingerprint } = this.#identity;
    const section = transportSection(model);
    const candidates = this.#place(command);
    const peer = new GatewayPeer({
      id,
      plane,
      identity: this.#identity,
      candidates,
      offer,
      local,
      answer: writeAnswer(model, { ice: local, fingerprint, candidates, sessionNumber: randomUint32() }),
      section,
      begin: command,
      handshakeTimeoutMs: config.handshakeTimeoutMs,
      log,
    });
    this.#peers.set(id, peer);
    void peer.closed.then(() => this.#peers.delete(id));
    return peer;
  }

  /** Where the peer will find the plane: its worker is chosen now, because the answer names its port. */
  #place({ peer, publication, type }: BeginCommand): readonly HostCandidate[] {
    const port = this.#parts.plane.place(peer, publication, type === 'publish' ? 'publisher' : 'viewer');
    const candidates = this.#candidates.get(port);
    if (candidates === undefined) throw new Error(`the media plane has no port ${port}`);
    return candidates;
  }

  #hear(event: PlaneEvent): void {
    if (event.type === 'dtls-in') this.#line.add(() => this.#peers.get(event.peer)?.hear(event));
    else if (event.type === 'ice-connected' || event.type === 'peer-gone') {
      this.#peers.get(event.peer)?.hear(event);
    }
  }

  /** Without a plane no session can live; their owners are told why. */
  async #planeClosed(reason: CloseReason): Promise<void> {
    const error = reason.by === 'failure' ? reason.error : gatewayClosed();
    await Promise.all([...this.#peers.values()].map((peer) => peer.end({ by: 'failure', error })));
    await this.#life.end(reason);
  }
}

/** The accepted section that owns the bundle's transport. */
function transportSection({ sections, bundled }: AnswerModel): TransportSection {
  const accepted = sections.filter((section) => !section.rejected);
  const [first] = accepted;
  if (!first) throw new Error('an answer without a section was to be opened');
  const formats = first.codecs.map(({ payloadType }) => payloadType).join(' ');
  return {
    mediaLine: `${first.media} 9 ${first.protocol} ${formats}`,
    mid: first.mid,
    bundle: bundled ? accepted.map(({ mid }) => mid) : [],
  };
}

/** A new name and unused SSRCs for what one viewer is sent. */
function freshNames(): SourceNames {
  const used = new Set<number>();
  return {
    cname: randomText(16),
    nextSsrc: () => {
      let ssrc = randomUint32();
      while (used.has(ssrc)) ssrc = randomUint32();
      used.add(ssrc);
      return ssrc;
    },
  };
}
