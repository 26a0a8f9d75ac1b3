import { Audio, PeerConnection, type Track, Video } from 'node-datachannel';

import { type OpenedSession, openSession } from './http-session.ts';
import { type Recording, recordingFrameRateHz, recordingPacketRateHz } from './recording.ts';
import { readFeedback, writeSenderReport } from './rtcp-wire.ts';
import { packetiseNal, writeRtp } from './rtp-packetiser.ts';
import { until } from './wait.ts';

/** What to publish, and which of OBS's outputs are on. */
export interface ObsOptions {
  readonly whipUrl: string;
  readonly recording: Recording;
  readonly video?: boolean;
  readonly audio?: boolean;
}

/** What the publisher sent and was asked for. */
export interface ObsCounters {
  packets: number;
  bytes: number;
  /** Requests it was deaf to. */
  keyframeRequests: number;
  resent: number;
}

const audioPayloadType = 111;
const videoPayloadType = 96;
const midExtension = 1;
const ridExtension = 2;
const storeLimit = 4000;
const connectTimeoutMs = 10_000;

/**
 * Publishes as OBS does over libdatachannel: an offer without candidates and with session-level ICE, every video packet
 * with mid "1" and rid "0", sequence numbers and video time from 0, High profile under 42e01f, one NAL unit or fragment
 * of at most 1200 bytes a packet, plain resends for NACK, and no ear for keyframe requests.
 */
export class ObsPublisher implements AsyncDisposable {
  readonly counters: ObsCounters = { packets: 0, bytes: 0, keyframeRequests: 0, resent: 0 };
  readonly #peer = new PeerConnection('obs', { iceServers: [], disableAutoNegotiation: true });
  readonly #recording: Recording;
  readonly #senders: TrackSender[] = [];
  #session: OpenedSession | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #startedMs = 0;

  private constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** Publishes and resolves when media flows. */
  static async open(options: ObsOptions): Promise<ObsPublisher> {
    const publisher = new ObsPublisher(options.recording);
    const offer = publisher.#offer(options);
    publisher.#session = await openSession(options.whipUrl, offer);
    publisher.#peer.setRemoteDescription(publisher.#session.answer, 'answer');
    await until('the publisher is connected', () => publisher.#senders.every((one) => one.track.isOpen()), {
      timeoutMs: connectTimeoutMs,
      everyMs: 20,
      detail: () => publisher.#peer.state(),
    });
    publisher.#play();
    return publisher;
  }

  get location(): string {
    return this.#session?.location ?? '';
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

  /** Stops the way the Stop button does: the transport first, then DELETE; gives its status. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    this.#peer.close();
    const status = (await this.#session?.end()) ?? 0;
    this.#session = undefined;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #offer({ recording, audio = true, video = true }: ObsOptions): string {
    const base = Math.floor(Math.random() * 2 ** 31) + 1;
    if (audio) this.#addTrack(base, opusMedia());
    if (video) this.#addTrack(base + 1, pictureMedia(recording.codec));
    this.#peer.setLocalDescription();
    const offer = this.#peer.localDescription()?.sdp ?? '';
    // OBS gathers only after the answer; this binding gathers at once, so what it found is left out of the offer.
    const silent = offer.split('\r\n').filter((line) => !/^a=(candidate|end-of-candidates)/.test(line));
    return silent
      .join('\r\n')
      .replaceAll(/^(m=\w+) \d+ /gm, '$1 9 ')
      .replaceAll(/^c=IN IP4 .*$/gm, 'c=IN IP4 0.0.0.0')
      .replace('a=ice-options:ice2,trickle', 'a=ice-options:trickle')
      .replace(`a=rtcp-fb:${videoPayloadType} goog-remb`, `$&\r\na=rtcp-fb:${videoPayloadType} ccm fir`);
  }

  #addTrack(ssrc: number, media: Audio | Video): void {
    media.addSSRC(ssrc, 'obs-cname-16char', 'S', media instanceof Video ? 'S-video' : 'S-audio');
    const track = this.#peer.addTrack(media);
    const sender = new TrackSender(track, ssrc, this.counters);
    this.#senders.push(sender);
  }

  #play(): void {
    this.#startedMs = performance.now();
    let lastReportMs = -Infinity;
    this.#timer = setInterval(() => {
      const mediaMs = performance.now() - this.#startedMs;
      for (const sender of this.#senders) sender.sendUntil(mediaMs, this.#recording);
      if (mediaMs - lastReportMs < 1000) return;
      lastReportMs = mediaMs;
      for (const sender of this.#senders) sender.sendReport(mediaMs);
    }, 5);
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

function pictureMedia(codec: Recording['codec']): Video {
  const media = new Video('1', 'SendOnly');
  if (codec === 'h265') media.addH265Codec(videoPayloadType);
  else
    media.addH264Codec(
      videoPayloadType,
      'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
    );
  media.parseSdpLine(`a=extmap:${midExtension} urn:ietf:params:rtp-hdrext:sdes:mid`);
  media.parseSdpLine(`a=extmap:${ridExtension} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`);
  return media;
}

/** One track: its numbering, the packets kept for NACK, and its reports. */
class TrackSender {
  /** Held here: the binding falls silent when its track object is collected. */
  readonly track: Track;
  readonly #ssrc: number;
  readonly #counters: ObsCounters;
  readonly #store = new Map<number, Buffer>();
  #next = 0;
  #sequence = 0;
  #packets = 0;
  #bytes = 0;

  constructor(track: Track, ssrc: number, counters: ObsCounters) {
    this.track = track;
    this.#ssrc = ssrc;
    this.#counters = counters;
    track.onMessage((message) => this.#hear(message));
  }

  get #isVideo(): boolean {
    return this.track.type() === 'video';
  }

  get #clockRateHz(): number {
    return this.#isVideo ? 90_000 : 48_000;
  }

  /** Sends every picture or sound that is due. */
  sendUntil(mediaMs: number, recording: Recording): void {
    const rateHz = this.#isVideo ? recordingFrameRateHz : recordingPacketRateHz;
    for (; (this.#next * 1000) / rateHz <= mediaMs; this.#next++) {
      const timestamp = (this.#next * this.#clockRateHz) / rateHz;
      if (this.#isVideo) this.#sendPicture(recording, timestamp);
      else this.#send(recording.sounds[this.#next % recording.sounds.length]!, timestamp, false);
    }
  }

  sendReport(mediaMs: number): void {
    const timestamp = Math.round((mediaMs * this.#clockRateHz) / 1000);
    const facts = {
      ssrc: this.#ssrc,
      wallMs: Date.now(),
      timestamp,
      packets: this.#packets,
      bytes: this.#bytes,
    };
    this.#write(writeSenderReport(facts));
  }

  #sendPicture({ pictures, codec }: Recording, timestamp: number): void {
    const payloads = pictures[this.#next % pictures.length]!.flatMap((nal) => packetiseNal(nal, codec));
    for (const [index, payload] of payloads.entries()) {
      this.#send(payload, timestamp, index === payloads.length - 1);
    }
  }

  #send(payload: Buffer, timestamp: number, marker: boolean): void {
    const sequence = this.#sequence++ & 0xffff;
    const packet = writeRtp(
      {
        payloadType: this.#isVideo ? videoPayloadType : audioPayloadType,
        marker,
        sequence,
        timestamp,
        ssrc: this.#ssrc,
        extensions: this.#isVideo ? videoExtensions : [],
      },
      payload,
    );
    this.#store.set(sequence, packet);
    this.#store.delete((sequence - storeLimit) & 0xffff);
    this.#write(packet);
    this.#packets++;
    this.#bytes += payload.length;
    this.#counters.packets++;
    this.#counters.bytes += packet.length;
  }

  /** The other side may close the track at any time, from a thread of its own; what is sent then is lost, as it would be. */
  #write(packet: Buffer): void {
    if (!this.track.isOpen()) return;
    try {
      this.track.sendMessageBinary(packet);
    } catch (error) {
      if (this.track.isOpen()) throw error;
    }
  }

  #hear(message: Buffer): void {
    const { missing, keyframeRequests } = readFeedback(message);
    this.#counters.keyframeRequests += keyframeRequests;
    for (const sequence of missing) {
      const packet = this.#store.get(sequence);
      if (packet === undefined) continue;
      this.#counters.resent++;
      this.#write(packet);
    }
  }
}

const videoExtensions = [
  [midExtension, '1'],
  [ridExtension, '0'],
] as const;
