import { systemClock, type Clock } from '#src/core/clock.ts';
import { nextPeerId, type PeerId, type PublicationId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import { randomText, randomUint32 } from '#src/core/random.ts';
import type { EgressPeer, EgressRequest, IngestPeer, OfferedPeer, PeerGateway } from '#src/core/webrtc.ts';
import { writeAnswer, writeOffer, type LocalTransport } from './answer.ts';
import { hostCandidates, type HostCandidate } from './candidates.ts';
import { makeCertificate, type GatewayCertificate } from './certificate.ts';
import type { RtcConfig } from './config.ts';
import { gatewayClosed, gatewayFull } from './failures.ts';
import { HandshakeLine } from './handshake-line.ts';
import { newIceCredentials } from './ice-session.ts';
import { JoinQueue } from './join-queue.ts';
import { negotiateEgress, type SourceNames } from './negotiate-egress.ts';
import { negotiateIngest } from './negotiate-ingest.ts';
import { draftOffer, settleOffer } from './negotiate-offer.ts';
import type { AnswerModel } from './negotiation.ts';
import type { Offer } from './offer.ts';
import { OfferedGatewayPeer } from './offered-peer.ts';
import { GatewayPeer, type PeerParts } from './peer.ts';
import type { TransportSection } from './sdp-fragment.ts';
import { readAnswer, readOffer } from './sdp-reader.ts';

/** What a gateway is opened with. */
export interface GatewayParts {
  readonly plane: MediaPlane;
  /** Addresses to advertise, best first; see `advertisedAddresses`. */
  readonly addresses: readonly string[];
  readonly config: Pick<
    RtcConfig,
    'maxPeers' | 'negotiationTimeoutMs' | 'handshakeTimeoutMs' | 'transportCc'
  > &
    Partial<Pick<RtcConfig, 'maxAudioTracks'>>;
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
  readonly #peers = new Map<PeerId, GatewayPeer | OfferedGatewayPeer>();
  readonly #queue: JoinQueue;
  readonly #line = new HandshakeLine();
  readonly #life = new Lifetime();

  constructor(parts: GatewayParts, identity: GatewayCertificate) {
    this.#parts = parts;
    this.#identity = identity;
    const { addresses, plane } = parts;
    this.#candidates = new Map(
      plane.ports.map((port) => [port, hostCandidates(addresses, port, plane.tcpPort)]),
    );
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
    await this.#admit(signal);
    const offer = readOffer(offerText);
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
    await this.#admit(signal);
    const offer = readOffer(offerText);
    const { answer, outgoing } = negotiateEgress(offer, request.tracks, freshNames(), this.#parts.config);
    return this.#open(offer, answer, (id) => ({
      type: 'view',
      peer: id,
      publication: request.publication,
      tracks: outgoing,
    }));
  }

  async offer({ publication, tracks }: EgressRequest, signal: AbortSignal): Promise<OfferedPeer> {
    await this.#admit(signal);
    const { plane, config: rules } = this.#parts;
    const draft = draftOffer(tracks, freshNames(), rules);
    const id = nextPeerId();
    const transport = this.#localTransport({ type: 'view', peer: id, publication });
    const offer = writeOffer(draft, transport);
    const open = (text: string, etag: string): GatewayPeer => {
      const answer = readAnswer(text);
      const { outgoing, settled } = settleOffer(answer, { draft, tracks, rules });
      const begin = { type: 'view', peer: id, publication, tracks: outgoing } as const;
      const section = transportSection(settled);
      return this.#newPeer(transport, { id, offer: answer, answer: offer, etag, section, begin });
    };
    return this.#keep(new OfferedGatewayPeer({ id, plane, offer, open }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  /** Waits for its turn; from here to the answer nothing waits any more. */
  async #admit(signal: AbortSignal): Promise<void> {
    this.#checkRoom();
    await this.#queue.turn(signal);
    signal.throwIfAborted();
    this.#checkRoom();
  }

  #checkRoom(): void {
    if (this.#life.ended) throw gatewayClosed();
    const { maxPeers } = this.#parts.config;
    if (this.#peers.size >= maxPeers) throw gatewayFull(maxPeers);
  }

  #open(offer: Offer, model: AnswerModel, begin: (id: PeerId) => BeginCommand): GatewayPeer {
    const id = nextPeerId();
    const command = begin(id);
    const section = transportSection(model);
    const transport = this.#localTransport(command);
    const answer = writeAnswer(model, transport);
    return this.#keep(this.#newPeer(transport, { id, offer, answer, section, begin: command }));
  }

  #newPeer(
    { ice, candidates }: LocalTransport,
    parts: Pick<PeerParts, 'id' | 'offer' | 'answer' | 'etag' | 'section' | 'begin'>,
  ): GatewayPeer {
    const { plane, config, log } = this.#parts;
    const { handshakeTimeoutMs } = config;
    const identity = this.#identity;
    return new GatewayPeer({ ...parts, plane, identity, candidates, local: ice, handshakeTimeoutMs, log });
  }

  #keep<P extends GatewayPeer | OfferedGatewayPeer>(peer: P): P {
    this.#peers.set(peer.id, peer);
    void peer.closed.then(() => this.#peers.delete(peer.id));
    return peer;
  }

  /** Our side of a new transport. Its worker is chosen now, because the SDP names its port. */
  #localTransport({
    peer,
    publication,
    type,
  }: Pick<BeginCommand, 'peer' | 'publication' | 'type'>): LocalTransport {
    const port = this.#parts.plane.place(peer, publication, type === 'publish' ? 'publisher' : 'viewer');
    const candidates = this.#candidates.get(port);
    if (candidates === undefined) throw new Error(`the media plane has no port ${port}`);
    const { fingerprint } = this.#identity;
    return { ice: newIceCredentials(), fingerprint, candidates, sessionNumber: randomUint32() };
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
