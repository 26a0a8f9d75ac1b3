import type { Gathering, SendOptions, SendReport } from '../rig-types.ts';
import { gathered, type HttpSession, negotiateOverHttp, preferCodec } from './peer.ts';
import { openSource, type Source } from './source.ts';

/** A made-up camera and microphone behind one RTCPeerConnection. */
export class Sender {
  readonly #peer = new RTCPeerConnection();
  readonly #source: Source;
  #session: HttpSession | undefined;
  #lastBytes = { at: 0, bytes: 0 };

  private constructor(source: Source) {
    this.#source = source;
  }

  static async open(options: SendOptions): Promise<Sender> {
    const sender = new Sender(await openSource(options));
    const { stream } = sender.#source;
    for (const track of stream.getTracks()) {
      const encoding = track.kind === 'video' ? { maxBitrate: options.maxBitrateBps } : {};
      const transceiver = sender.#peer.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings: [encoding],
      });
      if (track.kind !== 'video') continue;
      preferCodec(transceiver, options.codec);
      const parameters = transceiver.sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await transceiver.sender.setParameters(parameters);
    }
    return sender;
  }

  /** Publishes over WHIP and returns the session's URL. */
  async publish(whipUrl: string, gathering: Gathering): Promise<string> {
    this.#session = await negotiateOverHttp(this.#peer, whipUrl, gathering);
    return this.#session.location;
  }

  /** The offer, complete with candidates, for a page that answers directly. */
  async offer(): Promise<string> {
    await this.#peer.setLocalDescription();
    await gathered(this.#peer);
    return this.#peer.localDescription?.sdp ?? '';
  }

  async accept(answer: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Sends a keyframe now, as every viewer that joins asks for one. */
  async makeKeyframe(): Promise<void> {
    const sender = this.#peer.getSenders().find(({ track }) => track?.kind === 'video');
    if (!sender) throw new Error('this page sends no video');
    const parameters = sender.getParameters();
    const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
    await sender.setParameters(parameters, options);
  }

  /** Ends the session; gives the status of DELETE, 0 when there was no session. */
  async stop(): Promise<number> {
    const status = (await this.#session?.end()) ?? 0;
    this.#peer.close();
    await this.#source.stop();
    return status;
  }

  async report(): Promise<SendReport> {
    const stats = new Map<string, Record<string, unknown>>();
    // RTCStatsReport is only declared as `any` valued.
    (await this.#peer.getStats()).forEach((value: Record<string, unknown>, key: string) =>
      stats.set(key, value),
    );
    const outbound = [...stats.values()].find(
      (entry) => entry['type'] === 'outbound-rtp' && entry['kind'] === 'video',
    );
    const pair = [...stats.values()].find(
      (entry) => entry['type'] === 'candidate-pair' && entry['nominated'] === true,
    );
    const count = (name: string): number => Number(outbound?.[name] ?? 0);
    const bytes = count('bytesSent');
    const at = performance.now();
    const seconds = (at - this.#lastBytes.at) / 1000;
    const bitrateBps = ((bytes - this.#lastBytes.bytes) * 8) / seconds;
    this.#lastBytes = { at, bytes };
    const codec = stats.get(String(outbound?.['codecId']));
    return {
      connection: this.#peer.connectionState,
      framesMade: this.#source.framesMade,
      framesEncoded: count('framesEncoded'),
      codec: typeof codec?.['mimeType'] === 'string' ? codec['mimeType'] : '',
      bitrateBps: Math.round(bitrateBps),
      availableBps: Number(pair?.['availableOutgoingBitrate'] ?? 0),
      pacerDelayMs: (count('totalPacketSendDelay') / Math.max(1, count('packetsSent'))) * 1000,
      width: count('frameWidth'),
      keyframeRequests: count('pliCount') + count('firCount'),
      nacks: count('nackCount'),
    };
  }
}
