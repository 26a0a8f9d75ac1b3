import { defaultBackoff, retryDelayMs, sleep } from './backoff.ts';
import { Emitter } from './emitter.ts';
import type { IceServer, Link } from './link-header.ts';
import { answerAfterRestart, restartFragment } from './sdp-edit.ts';
import { nextTrouble, settled } from './peer-waits.ts';
import { deleteSession, patchIceRestart, postOffer, SignallingError, type Endpoint } from './signalling.ts';
import { TokenHolder, type TokenSource } from './token.ts';

/** What a WHIP or WHEP client is doing, for the page to show. */
export type SessionStatus =
  | { readonly state: 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'stopped' }
  /** The server said "not now"; the next attempt comes by itself. */
  | { readonly state: 'waiting'; readonly error: SignallingError; readonly retryInMs: number }
  | { readonly state: 'failed'; readonly error: Error };

/** Options that WHIP and WHEP share. */
export interface SessionOptions {
  /** The WHIP or WHEP endpoint. */
  readonly url: string;
  /** Bearer token, when the server wants one; a function is asked again for a later session when one has run out. */
  readonly token?: TokenSource;
  /** More STUN or TURN servers; those that the server names in Link headers are added by themselves. */
  readonly iceServers?: readonly IceServer[];
  /** Try again when the server is not ready or the connection is lost; default true. */
  readonly reconnect?: boolean;
  /** How long ICE and DTLS may take before an attempt counts as failed; default 8000. */
  readonly connectTimeoutMs?: number;
}

/** What a client adds to the common course of a session. */
export interface SessionRole {
  /** Adds the transceivers to a new connection. */
  prepare(peer: RTCPeerConnection): void;
  /** Last change of our offer before it is used and sent. */
  editOffer(sdp: string): string;
  /** Last change of the server's answer before it is used. */
  editAnswer(sdp: string): string;
}

/** A disconnected path often heals by itself; only then is a restart worth its request. */
const disconnectedPatienceMs = 1_200;

/** What the server made for a client: where it is, and what it offers beside. */
export interface OpenedSession {
  /** The session's URL with the token that opened it, which stays good for it also when it has expired. */
  readonly endpoint: Endpoint;
  readonly links: readonly Link[];
}

/** One established session: the connection, its URL and the answer that a restart builds on. */
interface Session extends OpenedSession {
  readonly peer: RTCPeerConnection;
  answer: string;
}

/**
 * The course that a WHIP and a WHEP session share: offer without waiting for candidates, answer, connection, ICE restart
 * when the path breaks (RFC 9725 section 4.3.3), a new session when that does not help, DELETE at the end.
 */
export class PeerSession {
  /** `status` tells every change of state. */
  readonly events = new Emitter<{ status: SessionStatus }>();
  readonly #options: SessionOptions;
  readonly #role: SessionRole;
  readonly #token: TokenHolder;
  #abort: AbortController | undefined;
  #session: Session | undefined;
  #status: SessionStatus = { state: 'idle' };

  constructor(options: SessionOptions, role: SessionRole) {
    this.#options = options;
    this.#role = role;
    this.#token = new TokenHolder(options.token);
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** The running session; undefined while there is none. */
  get opened(): OpenedSession | undefined {
    return this.#session;
  }

  /** The connection of the running session. */
  get peer(): RTCPeerConnection | undefined {
    return this.#session?.peer;
  }

  /** Resolves when connected for the first time; rejects when that can never be or `stop` comes first. */
  start(): Promise<void> {
    if (this.#abort !== undefined)
      return Promise.reject(new Error('This client already runs; stop it first.'));
    const abort = new AbortController();
    this.#abort = abort;
    addEventListener('pagehide', () => void this.stop(), { once: true, signal: abort.signal });
    return new Promise((resolve, reject) => {
      this.#run(abort.signal, resolve).catch((error: unknown) => {
        if (abort.signal.aborted) reject(new DOMException('Stopped', 'AbortError'));
        else {
          const failure = error instanceof Error ? error : new Error(String(error));
          this.#become({ state: 'failed', error: failure });
          abort.abort();
          if (this.#abort === abort) this.#abort = undefined;
          reject(failure);
        }
      });
    });
  }

  /** Ends the session here and on the server. Safe to call at any time. */
  async stop(): Promise<void> {
    if (this.#abort === undefined) return;
    this.#abort.abort(new DOMException('Stopped', 'AbortError'));
    this.#abort = undefined;
    this.#become({ state: 'stopped' });
    await this.#close();
  }

  async #run(signal: AbortSignal, connected: () => void): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      this.#become({ state: attempt === 0 ? 'connecting' : 'reconnecting' });
      try {
        const session = await this.#open(signal);
        this.#become({ state: 'connected' });
        connected();
        attempt = 0;
        await this.#keep(session, signal);
        throw new SignallingError('The connection was lost.', { status: 0 });
      } catch (error) {
        await this.#close();
        if (signal.aborted || this.#options.reconnect === false) throw error;
        if (!(error instanceof SignallingError) || !error.temporary) throw error;
        const retryInMs = retryDelayMs(attempt, Math.random(), error.retryAfterMs, defaultBackoff);
        this.#become({ state: 'waiting', error, retryInMs });
        await sleep(retryInMs, signal);
      }
    }
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const { url, iceServers = [] } = this.#options;
    const token = await this.#token.get();
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: toRtc(iceServers) });
    try {
      this.#role.prepare(peer);
      const offer = this.#role.editOffer((await peer.createOffer()).sdp ?? '');
      // The offer goes out before gathering begins: the server needs no candidates of ours, and the TURN servers that
      // its answer names can still be used (RFC 9725 section 4.6).
      const made = await postOffer({ url, token }, offer, signal);
      const session = {
        peer,
        endpoint: { url: made.sessionUrl, token },
        links: made.links,
        answer: this.#role.editAnswer(made.answer),
      };
      this.#session = session;
      if (made.iceServers.length > 0) {
        peer.setConfiguration({
          bundlePolicy: 'max-bundle',
          iceServers: toRtc([...iceServers, ...made.iceServers]),
        });
      }
      await peer.setLocalDescription({ type: 'offer', sdp: offer });
      await peer.setRemoteDescription({ type: 'answer', sdp: session.answer });
      await settled(peer, this.#options.connectTimeoutMs ?? 8_000, signal);
      return session;
    } catch (error) {
      if (this.#session?.peer !== peer) peer.close();
      if (error instanceof SignallingError && error.status === 401) this.#token.forget();
      throw error;
    }
  }

  /** Watches over a session and repairs it; resolves when it is beyond repair. */
  async #keep(session: Session, signal: AbortSignal): Promise<void> {
    for (;;) {
      const trouble = await nextTrouble(session.peer, signal);
      if (trouble === 'closed') return;
      if (trouble === 'disconnected') {
        await sleep(disconnectedPatienceMs, signal);
        if (session.peer.connectionState === 'connected') continue;
      }
      this.#become({ state: 'reconnecting' });
      try {
        await restartIce(session, signal);
        await settled(session.peer, this.#options.connectTimeoutMs ?? 8_000, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        // The session is gone on the server, or the path does not come back: only a new session helps.
        return;
      }
      this.#become({ state: 'connected' });
    }
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    session.peer.close();
    try {
      await deleteSession(session.endpoint, AbortSignal.timeout(5_000));
    } catch (error) {
      // The server notices by itself within seconds; the page only needs to know for its console.
      console.info('The session could not be deleted:', error instanceof Error ? error.message : error);
    }
  }

  #become(status: SessionStatus): void {
    this.#status = status;
    this.events.emit('status', status);
  }
}

async function restartIce(session: Session, signal: AbortSignal): Promise<void> {
  const { peer } = session;
  const offer = await peer.createOffer({ iceRestart: true });
  const fragment = restartFragment(offer.sdp ?? '');
  if (fragment === undefined) throw new Error('The new offer has no ICE credentials.');
  const reply = await patchIceRestart(session.endpoint, fragment, signal);
  const answer = answerAfterRestart(session.answer, reply);
  if (answer === undefined) throw new Error('The server answered the ICE restart without credentials.');
  session.answer = answer;
  await peer.setLocalDescription(offer);
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
}

function toRtc(servers: readonly IceServer[]): RTCIceServer[] {
  return servers.map((server) => ({ ...server }));
}
