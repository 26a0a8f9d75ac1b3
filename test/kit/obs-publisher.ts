import { Audio, PeerConnection, Video } from 'node-datachannel';

import { openObsSession, type ObsSession } from './obs-http.ts';
import {
  type Loss,
  midExtension,
  type ObsCounters,
  type ObsMedia,
  ObsTrack,
  ridExtension,
} from './obs-track.ts';
import type { Recording } from './recording.ts';
import { until } from './wait.ts';

/** What to publish, and which of OBS's outputs are on. */
export interface ObsOptions {
  readonly whipUrl: string;
  readonly recording: Recording;
  /** Smaller simulcast layers of the same pictures, the largest first; `recording` is the layer above them. */
  readonly layers?: readonly Recording[];
  readonly video?: boolean;
  readonly audio?: boolean;
  /** Bearer token of the service settings. */
  readonly token?: string;
  /** Pictures that were dropped before the transport was open; default 0. */
  readonly firstPicture?: number;
  /** Video packets that get lost on the way; default none. */
  readonly loss?: Loss;
}

const audioPayloadType = 111;
const videoPayloadType = 96;
const connectTimeoutMs = 10_000;

/**
 * Publishes as OBS does over libdatachannel: an offer without candidates and with session-level ICE, every video packet
 * with mid "1" and a rid, also without simulcast, sequence numbers and video time from 0, High profile under 42e01f, one NAL
 * unit or fragment of at most 1200 bytes a packet, plain resends for NACK, and no ear for keyframe requests.
 */
export class ObsPublisher implements AsyncDisposable {
  readonly counters: ObsCounters = { packets: 0, bytes: 0, keyframeRequests: 0, resent: 0, withheld: 0 };
  readonly #peer = new PeerConnection('obs', { iceServers: [], disableAutoNegotiation: true });
  readonly #tracks: ObsTrack[] = [];
  #offer = '';
  #session: ObsSession | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #startedMs = 0;

  private constructor() {
    // Everything begins in open().
  }

  /** Publishes and resolves when media flows. */
  static async open(options: ObsOptions): Promise<ObsPublisher> {
    const publisher = new ObsPublisher();
    try {
      publisher.#offer = publisher.#makeOffer(options);
      publisher.#session = await openObsSession(options.whipUrl, publisher.#offer, options.token);
      demandLayers(publisher.answer, 1 + (options.layers?.length ?? 0));
      publisher.#peer.setRemoteDescription(publisher.#session.answer, 'answer');
      await until('the publisher is connected', () => publisher.#tracks.every((one) => one.track.isOpen()), {
        timeoutMs: connectTimeoutMs,
        everyMs: 20,
        detail: () => publisher.#peer.state(),
      });
    } catch (error) {
      await publisher.stop();
      throw error;
    }
    publisher.#play();
    return publisher;
  }

  get location(): string {
    return this.#session?.location ?? '';
  }

  /** What OBS's HTTP side read from the answer. */
  get session(): ObsSession {
    if (this.#session === undefined) throw new Error('there is no session');
    return this.#session;
  }

  /** The offer that it sent. */
  get offer(): string {
    return this.#offer;
  }

  /** The answer that it was given. */
  get answer(): string {
    return this.#session?.answer ?? '';
  }

  get connection(): string {
    return this.#peer.state();
  }

  /** When the recording's first picture left, on this process's monotonic clock. */
  get startedMs(): number {
    return this.#startedMs;
  }

  /** Closes the transport and no more: OBS crashed, or has not come to its DELETE. */
  hangUp(): void {
    clearInterval(this.#timer);
    this.#peer.close();
  }

  /** Stops the way the Stop button does: the transport first, then DELETE; gives its status. */
  async stop(): Promise<number> {
    this.hangUp();
    const status = (await this.#session?.end()) ?? 0;
    this.#session = undefined;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #makeOffer(options: ObsOptions): string {
    const { recording, layers = [], audio = true, video = true } = options;
    const base = Math.floor(Math.random() * 2 ** 31) + 1;
    const common = { firstPicture: options.firstPicture ?? 0, loss: options.loss ?? (() => false) };
    const recordings = [recording, ...layers];
    if (audio) {
      const encodings = [{ ssrc: base, recording }];
      this.#add(opusMedia(), { ...common, kind: 'audio', payloadType: audioPayloadType, encodings });
    }
    if (video) {
      const encodings = recordings.map((one, index) => ({ ssrc: base + 1 + index, recording: one }));
      const media = pictureMedia(recording.codec, recordings.length);
      this.#add(media, { ...common, kind: 'video', payloadType: videoPayloadType, encodings });
    }
    this.#peer.setLocalDescription();
    const hidden = layers.map((_, index) => base + 2 + index);
    return asObsWrites(this.#peer.localDescription()?.sdp ?? '', hidden);
  }

  /** The binding hands feedback to a track by its SSRCs, so it has to know all of them. */
  #add(media: Audio | Video, what: ObsMedia): void {
    for (const { ssrc } of what.encodings) media.addSSRC(ssrc, 'obs-cname-16char', 'S', `S-${what.kind}`);
    this.#tracks.push(new ObsTrack(this.#peer.addTrack(media), what, this.counters));
  }

  #play(): void {
    this.#startedMs = performance.now();
    let lastReportMs = -Infinity;
    this.#timer = setInterval(() => {
      const mediaMs = performance.now() - this.#startedMs;
      for (const track of this.#tracks) track.sendUntil(mediaMs);
      if (mediaMs - lastReportMs < 1000) return;
      lastReportMs = mediaMs;
      for (const track of this.#tracks) track.sendReport(mediaMs);
    }, 5);
  }
}

/**
 * OBS gathers only after the answer; this binding gathers at once, so what it found is left out of the offer, and so are the
 * SSRCs that OBS does not announce: of all layers but the first.
 */
function asObsWrites(offer: string, hidden: readonly number[]): string {
  const silent = offer
    .split('\r\n')
    .filter((line) => !/^a=(candidate|end-of-candidates)/.test(line))
    .filter((line) => !hidden.some((ssrc) => line.startsWith(`a=ssrc:${ssrc} `)));
  return silent
    .join('\r\n')
    .replaceAll(/^(m=\w+) \d+ /gm, '$1 9 ')
    .replaceAll(/^c=IN IP4 .*$/gm, 'c=IN IP4 0.0.0.0')
    .replace('a=ice-options:ice2,trickle', 'a=ice-options:trickle')
    .replace(`a=rtcp-fb:${videoPayloadType} goog-remb`, `$&\r\na=rtcp-fb:${videoPayloadType} ccm fir`);
}

/** With simulcast, OBS ends the connection unless the answer takes exactly its layers in one line that ends in CRLF. */
function demandLayers(answer: string, layers: number): void {
  if (layers === 1) return;
  const taken = /a=simulcast:recv ([^\r\n]*)\r\n/.exec(answer)?.[1]?.split(';') ?? [];
  if (taken.length !== layers) {
    throw new Error(`OBS says: only accepted ${taken.length} simulcast layers`);
  }
}

function opusMedia(): Audio {
  const media = new Audio('0', 'SendOnly');
  media.addOpusCodec(
    audioPayloadType,
    'minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1',
  );
  return media;
}

function pictureMedia(codec: Recording['codec'], layers: number): Video {
  const media = new Video('1', 'SendOnly');
  if (codec === 'h265') media.addH265Codec(videoPayloadType);
  else if (codec === 'av1') media.addAV1Codec(videoPayloadType);
  else
    media.addH264Codec(
      videoPayloadType,
      'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
    );
  media.parseSdpLine(`a=extmap:${midExtension} urn:ietf:params:rtp-hdrext:sdes:mid`);
  media.parseSdpLine(`a=extmap:${ridExtension} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`);
  if (layers === 1) return media;
  const rids = Array.from({ length: layers }, (_, index) => String(index));
  for (const rid of rids) media.parseSdpLine(`a=rid:${rid} send`);
  media.parseSdpLine(`a=simulcast:send ${rids.join(';')}`);
  return media;
}
