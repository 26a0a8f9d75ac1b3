import { Audio, PeerConnection, RtcpReceivingSession, type Track, Video } from 'node-datachannel';

import { type OpenedSession, openSession } from './http-session.ts';
import { until } from './wait.ts';

/** What came in on one track. */
export interface TrackCount {
  packets: number;
  bytes: number;
  /** Sequence numbers that were left out and never came. */
  missing: number;
  /** Distinct RTP timestamps: pictures or sounds. */
  instants: number;
  ssrc: number;
  payloadType: number;
  lastArrivalMs: number;
  longestGapMs: number;
}

const connectTimeoutMs = 10_000;
/** Codecs it offers, each with its payload type. */
const videoPayloadTypes = { h264: 96, vp8: 97, vp9: 98, av1: 99, h265: 100 } as const;
/** A codec that a viewer can be limited to. */
export type ViewerCodec = keyof typeof videoPayloadTypes;

/** A WHEP viewer that decodes nothing: it counts, and asks for a keyframe when told to. */
export class CountingViewer implements AsyncDisposable {
  readonly video: TrackCount = emptyCount();
  readonly audio: TrackCount = emptyCount();
  readonly session: OpenedSession;
  readonly #peer: PeerConnection;
  readonly #tracks: readonly Track[];

  private constructor(peer: PeerConnection, tracks: readonly Track[], session: OpenedSession) {
    this.#peer = peer;
    this.#tracks = tracks;
    this.session = session;
  }

  /** Opens a session at a WHEP endpoint and resolves when its tracks are open. */
  static async open(
    whepUrl: string,
    codecs?: readonly ViewerCodec[],
    token?: string,
  ): Promise<CountingViewer> {
    const peer = new PeerConnection('viewer', { iceServers: [], disableAutoNegotiation: true });
    const tracks = addTracks(peer, codecs);
    let session: OpenedSession;
    try {
      session = await openSession(whepUrl, peer.localDescription()?.sdp ?? '', token);
    } catch (error) {
      peer.close();
      throw error;
    }
    const viewer = new CountingViewer(peer, tracks, session);
    for (const track of tracks) viewer.#count(track);
    peer.setRemoteDescription(session.answer, 'answer');
    await until('the viewer is connected', () => peer.state() === 'connected', {
      timeoutMs: connectTimeoutMs,
      everyMs: 20,
      detail: () => peer.state(),
    });
    return viewer;
  }

  get connection(): string {
    return this.#peer.state();
  }

  requestKeyframe(): void {
    for (const track of this.#tracks) if (track.type() === 'video') track.requestKeyframe();
  }

  /** Forgets what was counted, so that a stretch can be judged alone. */
  reset(): void {
    for (const count of [this.video, this.audio]) Object.assign(count, { ...emptyCount(), ssrc: count.ssrc });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.end();
    this.#peer.close();
  }

  #count(track: Track): void {
    const count = track.type() === 'video' ? this.video : this.audio;
    const sequences = new SequenceWatch();
    let timestamp = -1;
    track.onMessage((packet) => {
      // Reports travel on the same track; RFC 5761 section 4 keeps their types apart.
      if (packet.length < 12 || (packet[1]! >= 192 && packet[1]! <= 223)) return;
      const nowMs = performance.now();
      if (count.packets > 0) count.longestGapMs = Math.max(count.longestGapMs, nowMs - count.lastArrivalMs);
      count.lastArrivalMs = nowMs;
      count.packets++;
      count.bytes += packet.length;
      count.ssrc = packet.readUInt32BE(8);
      count.payloadType = packet[1]! & 0x7f;
      if (packet.readUInt32BE(4) !== timestamp) count.instants++;
      timestamp = packet.readUInt32BE(4);
      count.missing += sequences.see(packet.readUInt16BE(2));
    });
  }
}

/** Keeps account of numbers left out; one that comes late is taken off again. */
class SequenceWatch {
  #highest: number | undefined;
  readonly #open = new Set<number>();

  /** How the number of missing packets changes. */
  see(sequence: number): number {
    if (this.#highest === undefined) {
      this.#highest = sequence;
      return 0;
    }
    const step = (sequence - this.#highest + 0x10000) & 0xffff;
    if (step === 0 || step > 0x8000) return this.#open.delete(sequence) ? -1 : 0;
    for (let lost = 1; lost < step && this.#open.size < 1000; lost++) {
      this.#open.add((this.#highest + lost) & 0xffff);
    }
    this.#highest = sequence;
    return step - 1;
  }
}

function addTracks(
  peer: PeerConnection,
  codecs: readonly ViewerCodec[] = ['h264', 'vp8', 'vp9', 'av1', 'h265'],
): Track[] {
  const audio = new Audio('0', 'RecvOnly');
  audio.addOpusCodec(111, 'minptime=10;useinbandfec=1;stereo=1');
  const video = new Video('1', 'RecvOnly');
  for (const codec of codecs) offerCodec(video, codec);
  const tracks = [peer.addTrack(audio), peer.addTrack(video)];
  for (const track of tracks) track.setMediaHandler(new RtcpReceivingSession());
  peer.setLocalDescription();
  return tracks;
}

function offerCodec(video: Video, codec: ViewerCodec): void {
  const payloadType = videoPayloadTypes[codec];
  switch (codec) {
    case 'h264':
      video.addH264Codec(
        payloadType,
        'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
      );
      break;
    case 'vp8':
      video.addVP8Codec(payloadType);
      break;
    case 'vp9':
      video.addVP9Codec(payloadType);
      break;
    case 'av1':
      video.addAV1Codec(payloadType);
      break;
    case 'h265':
      video.addH265Codec(payloadType);
      break;
  }
}

function emptyCount(): TrackCount {
  return {
    packets: 0,
    bytes: 0,
    missing: 0,
    instants: 0,
    ssrc: 0,
    payloadType: -1,
    lastArrivalMs: 0,
    longestGapMs: 0,
  };
}
