import type { LayeredApi, LayeredOptions, LayeredReport, SentLayer } from '../layered-types.ts';
import { negotiateOverHttp, preferCodec, type HttpSession } from './peer.ts';
import { openSource, type Source } from './source.ts';

/** A made-up picture in several sizes at once, published over WHIP by the browser's own simulcast. */
class LayeredSender {
  readonly #peer = new RTCPeerConnection();
  readonly #source: Source;
  #session: HttpSession | undefined;

  constructor(source: Source, options: LayeredOptions) {
    this.#source = source;
    const { stream } = source;
    const { maxBitrateBps, scalabilityMode, layers } = options;
    const whole = [encoding(maxBitrateBps, scalabilityMode)];
    const encodings = layers.map((layer) => ({
      ...encoding(layer.maxBitrateBps, layer.scalabilityMode),
      rid: layer.rid,
      scaleResolutionDownBy: layer.scaleDownBy,
    }));
    for (const track of stream.getTracks()) {
      const sendEncodings = track.kind === 'audio' ? [{}] : encodings.length > 0 ? encodings : whole;
      const transceiver = this.#peer.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings,
      });
      if (track.kind === 'video') preferCodec(transceiver, options.codec);
    }
  }

  async publish(whipUrl: string): Promise<string> {
    for (const sender of this.#peer.getSenders()) {
      if (sender.track?.kind !== 'video') continue;
      const parameters = sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await sender.setParameters(parameters);
    }
    this.#session = await negotiateOverHttp(this.#peer, whipUrl, 'none');
    return this.#peer.remoteDescription?.sdp ?? '';
  }

  async stop(): Promise<number> {
    const status = (await this.#session?.end()) ?? 0;
    this.#peer.close();
    await this.#source.stop();
    return status;
  }

  async report(): Promise<LayeredReport> {
    const layers: SentLayer[] = [];
    let availableBps = 0;
    // RTCStatsReport is only declared as `any` valued.
    (await this.#peer.getStats()).forEach((entry: Record<string, unknown>) => {
      if (entry['type'] === 'candidate-pair' && entry['nominated'] === true) {
        availableBps = Number(entry['availableOutgoingBitrate'] ?? 0);
      }
      if (entry['type'] === 'outbound-rtp' && entry['kind'] === 'video') layers.push(sentLayer(entry));
    });
    return { connection: this.#peer.connectionState, availableBps, layers };
  }
}

function encoding(maxBitrate: number, scalabilityMode: string | undefined): RTCRtpEncodingParameters {
  return scalabilityMode === undefined ? { maxBitrate } : { maxBitrate, scalabilityMode };
}

function sentLayer(entry: Record<string, unknown>): SentLayer {
  const count = (name: string): number => Number(entry[name] ?? 0);
  return {
    rid: typeof entry['rid'] === 'string' ? entry['rid'] : '',
    ssrc: count('ssrc'),
    rtxSsrc: count('rtxSsrc'),
    width: count('frameWidth'),
    scalabilityMode: typeof entry['scalabilityMode'] === 'string' ? entry['scalabilityMode'] : '',
    bytes: count('bytesSent'),
    packets: count('packetsSent'),
    retransmitted: count('retransmittedPacketsSent'),
    nacks: count('nackCount'),
    keyframeRequests: count('pliCount') + count('firCount'),
  };
}

let sender: LayeredSender | undefined;

const api: LayeredApi = {
  async publish(options) {
    const { width, height, audio, frameRateHz = 30 } = options;
    const source = await openSource({ width, height, frameRateHz, video: true, audio, toneHz: 440 });
    sender = new LayeredSender(source, options);
    return sender.publish(options.whipUrl);
  },
  report() {
    if (sender === undefined) throw new Error('this page sends no layers');
    return sender.report();
  },
  async stop() {
    const status = (await sender?.stop()) ?? 0;
    sender = undefined;
    return status;
  },
};

Object.assign(globalThis, { layered: api });
