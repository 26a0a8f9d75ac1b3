import type { PublicationId, SessionId, StreamId } from '#src/core/ids.ts';
import { nextPublicationId } from '#src/core/ids.ts';
import type { Doctor } from '#src/core/finding.ts';
import type { CloseReason } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { Track } from '#src/core/media.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import type { IngestPeer } from '#src/core/webrtc.ts';
import type { Broadcast } from './broadcast.ts';
import type { SessionConfig } from './config.ts';
import type { Session } from './sessions.ts';

export interface PublisherSession extends Session {
  readonly peer: IngestPeer;
}

/** What a stream needs from the house. */
export interface StreamDeps {
  readonly plane: MediaPlane;
  readonly openBroadcast: (stream: StreamId, publication: PublicationId) => Broadcast;
  readonly openDoctor: (stream: StreamId, publication: PublicationId) => Doctor;
  readonly config: () => SessionConfig;
  readonly log: Log;
  readonly nowMs: () => number;
  /** The stream is over; forget it. */
  readonly onEnd: (stream: Stream) => void;
}

/** Publishers of one stream that may be connecting at a time: a client that keeps posting pushes out its own older offers. */
const maxCandidates = 4;
/** How soon to look again whether an offer that came at the end of the grace was answered. */
const answerPatienceMs = 250;

/**
 * One stream and everybody at it. It outlives its publisher for a grace, so that a publisher that comes back finds its
 * viewers. A publisher that takes over replaces the old one only once it is connected: one that never gets so far
 * disturbs nobody.
 */
export class Stream {
  readonly id: StreamId;
  readonly publication: PublicationId = nextPublicationId();
  readonly viewers = new Map<SessionId, Session>();
  readonly broadcast: Broadcast;
  readonly doctor: Doctor;
  /** Viewers whose offer is being answered; they count for capacity. */
  joining = 0;
  /** Viewers whose transport is up. */
  connectedViewers = 0;
  /** Publishers whose offer is being answered. */
  publishing = 0;
  /** Media arrives. */
  flowing = false;
  startedAtMs: number | undefined;
  readonly #deps: StreamDeps;
  readonly #log: Log;
  #publisher: PublisherSession | undefined;
  #tracks: readonly Track[] = [];
  /** Publishers that were answered but are not connected yet. */
  readonly #candidates = new Set<PublisherSession>();
  #grace: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(id: StreamId, deps: StreamDeps) {
    this.id = id;
    this.#deps = deps;
    this.#log = deps.log.child({ streamId: id });
    deps.plane.send({ type: 'open-publication', publication: this.publication });
    try {
      this.broadcast = deps.openBroadcast(id, this.publication);
      this.doctor = deps.openDoctor(id, this.publication);
    } catch (error) {
      deps.plane.send({ type: 'close-publication', publication: this.publication });
      throw error;
    }
  }

  get publisher(): PublisherSession | undefined {
    return this.#publisher;
  }

  /** What the stream carries now, or carried last. */
  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Browsers cannot play it over WebRTC, and LL-HLS can be had instead. */
  get bFrames(): boolean {
    return this.doctor.bFrames && this.broadcast.bridge?.state !== 'failed';
  }

  get interactiveViewers(): number {
    return this.viewers.size + this.joining;
  }

  /** A publisher was answered. The first one leads at once, so that viewers may join while it connects. */
  addPublisher(session: PublisherSession): void {
    this.#candidates.add(session);
    const [oldest] = this.#candidates;
    if (this.#candidates.size > maxCandidates && oldest) void oldest.peer[Symbol.asyncDispose]();
    if (!this.#publisher) this.#lead(session);
    session.peer.connected.then(
      () => {
        if (!this.#candidates.delete(session)) return;
        this.startedAtMs ??= this.#deps.nowMs();
        this.#lead(session);
      },
      () => undefined, // closed tells the same, with the reason
    );
    void session.peer.closed.then((reason) => this.#publisherLeft(session, reason));
  }

  /** A viewer was answered. */
  addViewer(session: Session): void {
    this.viewers.set(session.id, session);
    const log = this.#log.child({ sessionId: session.id });
    let isConnected = false;
    session.peer.connected.then(
      () => {
        if (!this.viewers.has(session.id)) return;
        isConnected = true;
        this.connectedViewers++;
        log.info({}, 'viewer connected');
      },
      () => undefined, // closed tells the same, with the reason
    );
    void session.peer.closed.then((reason) => {
      this.viewers.delete(session.id);
      if (isConnected) this.connectedViewers--;
      log.info({ ...why(reason), viewers: this.viewers.size }, 'viewer left');
    });
  }

  /** An offer was refused: a stream that exists only because of it is forgotten. */
  dropIfUnused(): void {
    if (
      !this.#publisher &&
      this.publishing === 0 &&
      this.#candidates.size === 0 &&
      this.startedAtMs === undefined
    )
      void this.end();
  }

  /** Ends the stream: viewers are closed, the playlist ends. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#grace);
    this.#deps.onEnd(this);
    this.broadcast.finish();
    const peers = [...this.#candidates, ...this.viewers.values()].map(({ peer }) =>
      peer[Symbol.asyncDispose](),
    );
    if (this.#publisher) peers.push(this.#publisher.peer[Symbol.asyncDispose]());
    await Promise.all(peers);
    this.doctor[Symbol.dispose]();
    await this.broadcast[Symbol.asyncDispose]();
    this.#deps.plane.send({ type: 'close-publication', publication: this.publication });
    if (this.startedAtMs !== undefined) this.#log.info({}, 'stream ended');
  }

  #lead(session: PublisherSession): void {
    if (this.#ended || this.#publisher === session) return;
    const previous = this.#publisher;
    clearTimeout(this.#grace);
    this.#publisher = session;
    this.#tracks = session.peer.tracks;
    this.broadcast.publish(this.#tracks, session.grant.ladder);
    this.doctor.examine({ tracks: this.#tracks, userAgent: session.userAgent });
    this.#log.info(
      {
        sessionId: session.id,
        codecs: this.#tracks.map(({ codec }) => codec),
        takeover: previous !== undefined,
      },
      'publisher took the stream',
    );
    if (previous) void previous.peer[Symbol.asyncDispose]();
  }

  #publisherLeft(session: PublisherSession, reason: CloseReason): void {
    this.#candidates.delete(session);
    if (this.#publisher !== session || this.#ended) return;
    this.#publisher = undefined;
    this.flowing = false;
    this.broadcast.pause();
    this.doctor.examine(undefined);
    const [next] = this.#candidates;
    if (next) {
      // Somebody else is about to connect: the stream is theirs now, as it would be had they come a moment later.
      this.#log.info({ sessionId: session.id, ...why(reason) }, 'publisher left to the next one');
      this.#lead(next);
      return;
    }
    const { goodbyeGraceMs, publisherGraceMs } = this.#deps.config();
    const patienceMs = reason.by === 'failure' ? publisherGraceMs : goodbyeGraceMs;
    const graceMs = this.startedAtMs === undefined ? 0 : patienceMs;
    this.#log.info({ sessionId: session.id, ...why(reason), graceMs }, 'publisher left');
    this.#endAfter(graceMs);
  }

  /** A publisher whose offer is being answered just then is waited for: it would be answered for a stream that is gone. */
  #endAfter(graceMs: number): void {
    this.#grace = setTimeout(() => {
      if (this.publishing > 0) this.#endAfter(answerPatienceMs);
      else void this.end();
    }, graceMs);
  }
}

function why(reason: CloseReason): { readonly by: string; readonly detail?: string } {
  return reason.by === 'failure' ? { by: reason.by, detail: reason.error.message } : { by: reason.by };
}
