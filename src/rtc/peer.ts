import type { PeerId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { IceCredentials, MediaPlane, PlaneCommand, PlaneEvent, SrtpKeys } from '#src/core/plane.ts';
import type { VideoWish } from '#src/core/media.ts';
import type { EgressPeer, IfMatchRule, TrickleResult } from '#src/core/webrtc.ts';
import type { HostCandidate } from './candidates.ts';
import type { GatewayCertificate } from './certificate.ts';
import { DtlsClientSession } from './dtls-client.ts';
import { DtlsServerSession } from './dtls-server.ts';
import type { DtlsSession } from './dtls-session.ts';
import { dtlsTimeout, endedEarly, peerGone } from './failures.ts';
import { IceSession, newIceCredentials } from './ice-session.ts';
import type { Offer } from './offer.ts';
import { writeRestartFragment, type TransportSection } from './sdp-fragment.ts';

/** What a peer is made of. */
export interface PeerParts {
  readonly id: PeerId;
  readonly plane: MediaPlane;
  readonly identity: GatewayCertificate;
  readonly candidates: readonly HostCandidate[];
  /** What the other side said of itself, in an offer or in the answer to ours. */
  readonly offer: Offer;
  readonly local: IceCredentials;
  readonly answer: string;
  /** Names the first ICE session, where the other side was told already. */
  readonly etag?: string;
  readonly section: TransportSection;
  /** Puts the peer to work in the media plane, once it is secure. */
  readonly begin: PlaneCommand;
  readonly handshakeTimeoutMs: number;
  readonly log: Log;
}

/**
 * One transport: ICE and media in the plane, DTLS here. The plane hears of its role only once the handshake proved who it
 * is, so a publisher that never connects takes nothing over.
 */
export class GatewayPeer implements EgressPeer {
  readonly id: PeerId;
  readonly answer: string;
  readonly connected: Promise<void>;
  readonly closed: Promise<CloseReason>;
  readonly #parts: PeerParts;
  readonly #life = new Lifetime();
  readonly #ice: IceSession;
  readonly #dtls: DtlsSession;
  readonly #connection = Promise.withResolvers<undefined>();
  #timer: NodeJS.Timeout;
  #secure = false;
  /** The plane knows the viewer only once it is secure. */
  #wish: VideoWish | undefined;

  constructor(parts: PeerParts) {
    const { id, plane, identity, offer, local } = parts;
    this.id = id;
    this.answer = parts.answer;
    this.#parts = parts;
    this.#ice = new IceSession(offer.ice, parts.etag);
    this.closed = this.#life.closed;
    this.connected = this.#connection.promise;
    // Whoever cares awaits `connected`; when nobody does, `closed` still tells what happened.
    this.connected.catch(() => undefined);
    const Session = offer.setup === 'passive' ? DtlsClientSession : DtlsServerSession;
    this.#dtls = new Session(identity, offer.fingerprints, {
      send: (datagram) => plane.send({ type: 'dtls-out', peer: id, datagram }),
      secured: (keys) => this.#begin(keys),
      failed: (error) => this.#fail(error),
      closed: () => void this.end({ by: 'peer' }),
    });
    this.#timer = this.#startTimer();
    this.#life.defer(() => plane.send({ type: 'remove-peer', peer: id }));
    this.#life.own(this.#dtls);
    plane.send({ type: 'add-peer', peer: id, local, remote: offer.ice });
  }

  get etag(): string {
    return this.#ice.etag;
  }

  /** One event of the plane that names this peer. */
  hear(event: PlaneEvent): void {
    if (this.#life.ended) return;
    if (event.type === 'dtls-in') {
      this.#dtls.receive(event.datagram);
    } else if (event.type === 'ice-connected' && !this.#secure) {
      clearTimeout(this.#timer);
      this.#timer = this.#startTimer();
      this.#dtls.begin();
    } else if (event.type === 'peer-gone') {
      this.#fail(peerGone(event.reason));
    }
  }

  trickle(fragment: string, ifMatch: string | undefined, rule?: IfMatchRule): TrickleResult {
    const wish = this.#ice.judge(fragment, ifMatch, rule);
    if (wish.did === 'trickle' || this.#life.ended) return { did: 'trickle' };
    const local = newIceCredentials();
    const { plane, section, candidates } = this.#parts;
    plane.send({ type: 'restart-ice', peer: this.id, local, remote: wish.remote });
    return {
      did: 'restart',
      fragment: writeRestartFragment(section, local, candidates),
      etag: this.#ice.restart(wish.remote),
    };
  }

  wish(video: VideoWish): void {
    this.#wish = video;
    if (this.#secure) this.#parts.plane.send({ type: 'wish', peer: this.id, video });
  }

  /** Ends the session; the first reason wins. */
  end(reason: CloseReason): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#secure) this.#connection.reject(reason.by === 'failure' ? reason.error : endedEarly());
    return this.#life.end(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end({ by: 'owner' });
  }

  #startTimer(): NodeJS.Timeout {
    const { handshakeTimeoutMs } = this.#parts;
    return setTimeout(() => this.#fail(dtlsTimeout(handshakeTimeoutMs)), handshakeTimeoutMs);
  }

  #begin(keys: SrtpKeys): void {
    const { plane, begin, log } = this.#parts;
    this.#secure = true;
    clearTimeout(this.#timer);
    plane.send({ type: 'secure', peer: this.id, keys });
    plane.send(begin);
    if (this.#wish !== undefined) plane.send({ type: 'wish', peer: this.id, video: this.#wish });
    this.#connection.resolve(undefined);
    log.debug({ peer: this.id, srtpProfile: keys.profile }, 'a WebRTC peer is connected');
  }

  #fail(error: Error): void {
    if (this.#life.ended) return;
    this.#parts.log.info({ peer: this.id, problem: error.message }, 'a WebRTC peer is gone');
    void this.end({ by: 'failure', error });
  }
}
