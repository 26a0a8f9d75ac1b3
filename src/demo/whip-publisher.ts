import { MediaStreamTrack, RTCPeerConnection, useH264, useOPUS } from 'werift';
import { Lifetime } from '#src/core/lifetime.ts';
import type { CloseReason, Living } from '#src/core/lifetime.ts';
import type { TrackKind } from '#src/core/media.ts';

/** Where to publish. */
export interface WhipTarget {
  readonly whipUrl: string;
  /** Sent as bearer token (RFC 9725 section 4.7) when there is one. */
  readonly bearerToken?: string;
}

const answerTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;
const deleteTimeoutMs = 2_000;
/** A server that sent reports and then none for this long is gone; ICE alone would notice after half a minute. */
const silentMs = 10_000;
const watchMs = 1_000;

/** A WHIP client (RFC 9725) that sends ready-made RTP over real ICE, DTLS and SRTP. Ends when the server goes away. */
export class WhipPublisher implements Living {
  readonly #life = new Lifetime();
  readonly #peer: RTCPeerConnection;
  readonly #tracks: Readonly<Record<TrackKind, MediaStreamTrack>>;
  #heardMs: number | undefined;

  private constructor() {
    this.#peer = new RTCPeerConnection({
      codecs: { video: [useH264()], audio: [useOPUS({ parameters: 'stereo=1;sprop-stereo=1' })] },
      // No STUN server: gathering would wait for its answer. The gateway is reached at one of our own addresses.
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    });
    this.#life.defer(() => this.#peer.close());
    this.#tracks = { video: this.#sender('video'), audio: this.#sender('audio') };
  }

  get closed(): Promise<CloseReason> {
    return this.#life.closed;
  }

  /** Publishes and waits until media may flow. */
  static async open(target: WhipTarget, signal: AbortSignal): Promise<WhipPublisher> {
    const publisher = new WhipPublisher();
    try {
      await publisher.#negotiate(target, signal);
      await publisher.#connected(signal);
      publisher.#watch();
      return publisher;
    } catch (error) {
      await publisher.#life.end();
      throw error;
    }
  }

  /** Sends one RTP packet; its payload type and SSRC become those of the session. */
  send(kind: TrackKind, packet: Buffer): void {
    if (!this.#life.ended) this.#tracks[kind].writeRtp(packet);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  #sender(kind: TrackKind): MediaStreamTrack {
    const track = new MediaStreamTrack({ kind });
    const { sender } = this.#peer.addTransceiver(track, { direction: 'sendonly' });
    sender.onRtcp.subscribe(() => {
      this.#heardMs = performance.now();
    });
    return track;
  }

  async #negotiate(target: WhipTarget, signal: AbortSignal): Promise<void> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    const authorization =
      target.bearerToken === undefined ? {} : { authorization: `Bearer ${target.bearerToken}` };
    const response = await fetch(target.whipUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...authorization },
      body: this.#peer.localDescription?.sdp ?? '',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    const body = await response.text();
    if (response.status !== 201)
      throw new Error(`WHIP answered ${String(response.status)}: ${body.slice(0, 300)}`);
    const location = response.headers.get('location');
    if (location !== null) this.#deleteAtEnd(new URL(location, target.whipUrl), authorization);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: body });
  }

  /** A session that is deleted frees its stream at once; a server that is gone already has nothing to free. */
  #deleteAtEnd(session: URL, headers: Readonly<Record<string, string>>): void {
    this.#life.defer(async () => {
      const gone = await fetch(session, {
        method: 'DELETE',
        headers,
        signal: AbortSignal.timeout(deleteTimeoutMs),
      }).catch(() => undefined);
      await gone?.arrayBuffer();
    });
  }

  async #connected(signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const { connectionState: state } = this.#peer;
        if (state === 'connected') resolve();
        else if (state === 'failed' || state === 'closed') reject(new Error(`the connection is ${state}`));
      };
      patience.addEventListener('abort', () => reject(new Error('no connection in time')), { once: true });
      const { unSubscribe } = this.#peer.connectionStateChange.subscribe(look);
      this.#life.defer(unSubscribe);
      look();
    });
  }

  #watch(): void {
    const lost = (why: string): void =>
      void this.#life.end({ by: 'failure', error: new Error(`demo: ${why}`) });
    const { unSubscribe } = this.#peer.connectionStateChange.subscribe((state) => {
      if (state !== 'connected' && state !== 'connecting') lost(`the connection is ${state}`);
    });
    const timer = setInterval(() => {
      if (this.#heardMs !== undefined && performance.now() - this.#heardMs > silentMs)
        lost('the server fell silent');
    }, watchMs);
    this.#life.defer(() => {
      unSubscribe();
      clearInterval(timer);
    });
  }
}
