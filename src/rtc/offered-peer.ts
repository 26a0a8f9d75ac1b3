import type { PeerId } from '#src/core/ids.ts';
import { Lifetime, type CloseReason } from '#src/core/lifetime.ts';
import type { VideoWish } from '#src/core/media.ts';
import type { MediaPlane, PlaneEvent } from '#src/core/plane.ts';
import type { IfMatchRule, OfferedPeer, TrickleResult } from '#src/core/webrtc.ts';
import { alreadyAnswered, endedEarly } from './failures.ts';
import { newEtag } from './ice-session.ts';
import type { GatewayPeer } from './peer.ts';
import { readSdpFragment } from './sdp-fragment.ts';

/** What an offered peer is made of. */
export interface OfferedPeerParts {
  readonly id: PeerId;
  readonly plane: MediaPlane;
  /** Our SDP offer. */
  readonly offer: string;
  /** Opens the transport for an answer, under this entity tag; throws Failure for an answer that it refuses. */
  readonly open: (answer: string, etag: string) => GatewayPeer;
}

/**
 * A viewer that was made an offer (draft-murillo-whep-01 section 4.2). Until its answer comes, it is a name, a place in a
 * media worker and nothing else: nobody knows who may check or shake hands. Then it is the transport that the answer opened.
 */
export class OfferedGatewayPeer implements OfferedPeer {
  readonly id: PeerId;
  readonly answer: string;
  readonly connected: Promise<void>;
  readonly closed: Promise<CloseReason>;
  readonly #parts: OfferedPeerParts;
  readonly #life = new Lifetime();
  readonly #connection = Promise.withResolvers<undefined>();
  readonly #etag = newEtag();
  #transport: GatewayPeer | undefined;
  #accepted: string | undefined;
  #wish: VideoWish | undefined;

  constructor(parts: OfferedPeerParts) {
    this.id = parts.id;
    this.answer = parts.offer;
    this.#parts = parts;
    this.closed = this.#life.closed;
    this.connected = this.#connection.promise;
    // Whoever cares awaits `connected`; when nobody does, `closed` still tells what happened.
    this.connected.catch(() => undefined);
  }

  get etag(): string {
    return this.#transport?.etag ?? this.#etag;
  }

  /** The same answer again is the repetition of a PATCH whose reply got lost. */
  accept(answer: string): void {
    if (this.#life.ended) throw endedEarly();
    if (this.#transport !== undefined) {
      if (answer === this.#accepted) return;
      throw alreadyAnswered();
    }
    const transport = this.#parts.open(answer, this.#etag);
    this.#transport = transport;
    this.#accepted = answer;
    if (this.#wish !== undefined) transport.wish(this.#wish);
    transport.connected.then(
      () => this.#connection.resolve(undefined),
      (error: unknown) => this.#connection.reject(error),
    );
    void transport.closed.then((reason) => this.#life.end(reason));
  }

  /** Candidates may overtake the answer; they are as good as any others, which an ICE-lite side does not need. */
  trickle(fragment: string, ifMatch: string | undefined, rule?: IfMatchRule): TrickleResult {
    if (this.#transport !== undefined) return this.#transport.trickle(fragment, ifMatch, rule);
    readSdpFragment(fragment);
    return { did: 'trickle' };
  }

  wish(video: VideoWish): void {
    this.#wish = video;
    this.#transport?.wish(video);
  }

  /** One event of the plane that names this peer. */
  hear(event: PlaneEvent): void {
    this.#transport?.hear(event);
  }

  /** Ends the session; the first reason wins. */
  async end(reason: CloseReason): Promise<void> {
    if (this.#transport !== undefined) {
      await this.#transport.end(reason);
      await this.closed;
      return;
    }
    if (this.#life.ended) return this.#life.end();
    this.#connection.reject(reason.by === 'failure' ? reason.error : endedEarly());
    this.#parts.plane.send({ type: 'remove-peer', peer: this.id });
    return this.#life.end(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end({ by: 'owner' });
  }
}
