import type { VideoCodec } from './api-types.ts';
import { orderCodecs } from './codec-order.ts';
import type { Emitter } from './emitter.ts';
import { PeerSession, type OpenedSession, type SessionOptions, type SessionStatus } from './peer-session.ts';
import { withStartBitrate, withStereoOpus } from './sdp-edit.ts';

/** How a {@link WhipClient} publishes. */
export interface WhipOptions extends SessionOptions {
  /** Video codec to ask for first; the server may still choose another one of the offer. */
  readonly preferCodec?: VideoCodec;
  /** Most bits per second of video; of the largest layer when `simulcast` is on. */
  readonly maxBitrateBps?: number;
  /** Stereo sound; default true. */
  readonly stereo?: boolean;
  /** Sends three sizes of the video; default false. */
  readonly simulcast?: boolean;
}

/**
 * A small WHIP publisher (RFC 9725) for any page:
 *
 *     import { WhipClient } from 'https://gateway.example/assets/shared/whip-client.ts';
 *     const client = new WhipClient({ url: 'https://gateway.example/whip/lecture', preferCodec: 'h264' });
 *     client.events.on('status', (status) => console.log(status.state));
 *     await client.start(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
 *     ...
 *     await client.stop();
 *
 * It repairs the connection by itself (ICE restart, then a new session) until `stop` is called or the page goes away.
 */
export class WhipClient {
  readonly #options: WhipOptions;
  readonly #session: PeerSession;
  #media: MediaStream | undefined;

  constructor(options: WhipOptions) {
    this.#options = options;
    const stereo = options.stereo !== false;
    // Chromium encodes stereo only when the answer, the wish of the other side, asks for it.
    const edit = (sdp: string): string => (stereo ? withStereoOpus(sdp, 128_000) : sdp);
    this.#session = new PeerSession(options, {
      prepare: (peer) => this.#prepare(peer),
      editOffer: edit,
      editAnswer: (answer) => withStartBitrate(edit(answer), startBitrateBps(options.maxBitrateBps)),
    });
  }

  /** Fires `status` on every change. */
  get events(): Emitter<{ status: SessionStatus }> {
    return this.#session.events;
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  /** The running session, for what the server offers beside; undefined while there is none. */
  get opened(): OpenedSession | undefined {
    return this.#session.opened;
  }

  /** Publishes the first audio and the first video track of `media`; resolves when the server receives. */
  start(media: MediaStream): Promise<void> {
    this.#media = media;
    return this.#session.start();
  }

  /** Ends the session; the tracks stay with their owner and keep running. */
  stop(): Promise<void> {
    return this.#session.stop();
  }

  /** Swaps the running picture or sound for another one of the same kind, without negotiation. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    const sender = this.#session.peer?.getSenders().find((candidate) => candidate.track?.kind === track.kind);
    if (sender === undefined) throw new Error(`Nothing of kind ${track.kind} is being sent.`);
    const old = sender.track;
    await sender.replaceTrack(track);
    if (old !== null) this.#media?.removeTrack(old);
    this.#media?.addTrack(track);
  }

  /** The connection's statistics; undefined while there is none. */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#session.peer?.getStats();
  }

  #prepare(peer: RTCPeerConnection): void {
    const media = this.#media;
    const audio = media?.getAudioTracks()[0];
    const video = media?.getVideoTracks()[0];
    if (media === undefined || (audio === undefined && video === undefined)) {
      throw new Error('There is neither picture nor sound to publish.');
    }
    if (audio !== undefined) peer.addTransceiver(audio, { direction: 'sendonly', streams: [media] });
    if (video === undefined) return;
    const transceiver = peer.addTransceiver(video, {
      direction: 'sendonly',
      streams: [media],
      sendEncodings: this.#encodings(),
    });
    preferVideo(transceiver, this.#options.preferCodec, RTCRtpSender.getCapabilities('video'));
  }

  #encodings(): RTCRtpEncodingParameters[] {
    const { maxBitrateBps, simulcast } = this.#options;
    const limit = (divisor: number): { maxBitrate?: number } =>
      maxBitrateBps === undefined ? {} : { maxBitrate: Math.round(maxBitrateBps / divisor) };
    if (simulcast !== true) return [limit(1)];
    return [
      { rid: 'l', scaleResolutionDownBy: 4, ...limit(12) },
      { rid: 'm', scaleResolutionDownBy: 2, ...limit(4) },
      { rid: 'h', scaleResolutionDownBy: 1, ...limit(1) },
    ];
  }
}

/** Fast enough for a decent first picture, slow enough for a poor upload. */
function startBitrateBps(maxBitrateBps = 2_500_000): number {
  return Math.min(1_200_000, maxBitrateBps * 0.6);
}

/** Puts one video codec first on a transceiver; does nothing where the browser cannot. */
export function preferVideo(
  transceiver: RTCRtpTransceiver,
  preferred: VideoCodec | undefined,
  capabilities: RTCRtpCapabilities | null,
): void {
  if (preferred === undefined || capabilities === null || !('setCodecPreferences' in transceiver)) return;
  transceiver.setCodecPreferences([...orderCodecs(capabilities.codecs, preferred)]);
}
