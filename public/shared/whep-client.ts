import type { VideoCodec } from './api-types.ts';
import { Emitter } from './emitter.ts';
import { PeerSession, type OpenedSession, type SessionOptions, type SessionStatus } from './peer-session.ts';
import { withStereoOpus } from './sdp-edit.ts';
import { preferVideo } from './whip-client.ts';

/** How a {@link WhepClient} watches. */
export interface WhepOptions extends SessionOptions {
  /** Video codec to ask for first. */
  readonly preferCodec?: VideoCodec;
  /** Stereo sound; default true. */
  readonly stereo?: boolean;
  /** Shortest time frames wait for late ones; 0, the default, lets the browser go as low as the network allows. */
  readonly jitterBufferTargetMs?: number;
}

/** What a {@link WhepClient} tells. */
export interface WhepEvents {
  status: SessionStatus;
  /** A new session's tracks; give it to a video element's `srcObject`. */
  stream: MediaStream;
}

/** Chromium's name from before `jitterBufferTarget` was standard; in seconds. */
interface HintedReceiver {
  playoutDelayHint?: number | null;
}

/**
 * A small WHEP viewer (draft-ietf-wish-whep) for any page:
 *
 *     import { WhepClient } from 'https://gateway.example/assets/shared/whep-client.ts';
 *     const client = new WhepClient({ url: 'https://gateway.example/whep/lecture' });
 *     client.events.on('stream', (stream) => { video.srcObject = stream; });
 *     await client.start();
 *     ...
 *     await client.stop();
 *
 * While nobody publishes it waits and asks again at the pace the server names. It repairs the connection by itself.
 */
export class WhepClient {
  readonly events = new Emitter<WhepEvents>();
  readonly #options: WhepOptions;
  readonly #session: PeerSession;

  constructor(options: WhepOptions) {
    this.#options = options;
    this.#session = new PeerSession(options, {
      prepare: (peer) => this.#prepare(peer),
      // Opus is decoded in stereo only when our own description asks for it.
      editOffer: (sdp) => (options.stereo === false ? sdp : withStereoOpus(sdp)),
      editAnswer: (sdp) => sdp,
    });
    this.#session.events.on('status', (status) => this.events.emit('status', status));
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  /** The running session, for its event stream and layers; undefined while there is none. */
  get opened(): OpenedSession | undefined {
    return this.#session.opened;
  }

  /** Resolves when media can flow. */
  start(): Promise<void> {
    return this.#session.start();
  }

  /** Ends the session. */
  stop(): Promise<void> {
    return this.#session.stop();
  }

  /** The connection's statistics; undefined while there is none. */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#session.peer?.getStats();
  }

  #prepare(peer: RTCPeerConnection): void {
    const stream = new MediaStream();
    peer.addEventListener('track', ({ track, receiver }) => {
      const targetMs = this.#options.jitterBufferTargetMs ?? 0;
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = targetMs;
      else (receiver as HintedReceiver).playoutDelayHint = targetMs / 1000;
      stream.addTrack(track);
      this.events.emit('stream', stream);
    });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const video = peer.addTransceiver('video', { direction: 'recvonly' });
    preferVideo(video, this.#options.preferCodec, RTCRtpReceiver.getCapabilities('video'));
  }
}
