import {
  rewriteRowWords,
  type EnginePeer,
  type FanoutPacket,
  type MediaEngine,
  type RewriteTable,
} from '#src/core/engine.ts';
import type { PeerId, PublicationId } from '#src/core/ids.ts';
import type { Codec, PayloadType, TrackKind, VideoWish } from '#src/core/media.ts';
import type { IncomingTrack, OutgoingTrack, PlaneEvent } from '#src/core/plane.ts';
import { mediaConfig, type MediaConfig } from '#src/media/config.ts';
import { Drops } from '#src/media/drops.ts';
import { type PeerRole, PlanePeer } from '#src/media/peer.ts';
import { Publication } from '#src/media/publication.ts';
import { StartUpPace } from '#src/media/start-up/pace.ts';
import { writeRtpHeader } from '#src/rtp/header.ts';
import { ntpHigh, ntpLow } from '#src/rtp/ntp.ts';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpVisitor, SenderReport } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';

export const clockRateHz = { video: 90_000, audio: 48_000 } as const;
const kindOf = (codec: Codec): TrackKind => (codec === 'opus' ? 'audio' : 'video');
const payloadOf = (codec: Codec, payloadType: number): PayloadType => {
  return { payloadType, codec, clockRateHz: clockRateHz[kindOf(codec)], fmtp: '' };
};

/** What one viewer was sent: header fields alone. */
export interface Copy {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  /** The number that its publisher gave the payload. */
  readonly mark: number;
  readonly sentMs: number;
}

const markAt = 16;

/** A publication whose engine writes down, and whose time is the test's. */
export class PublicationRig {
  nowMs = 1_000_000;
  readonly publication: Publication;
  /** What the control plane was told. */
  readonly events: PlaneEvent[] = [];
  /** Answers to NACKs. */
  readonly resent: (Copy & { readonly peer: number })[] = [];
  readonly #copies = new Map<number, Copy[]>();
  readonly #viewers = new Map<number, PeerRole>();
  readonly #rtcp = new Map<number, Uint8Array[]>();
  #lastPeer = 0;

  constructor(startUp: Partial<MediaConfig> = {}) {
    const engine = {
      fanout: ({ marker, payload }: FanoutPacket, { words, count }: RewriteTable) => {
        const mark = payload.length < markAt + 4 ? 0 : Buffer.from(payload).readUInt32BE(markAt);
        for (let at = 0; at < count * rewriteRowWords; at += rewriteRowWords) {
          const [peer = 0, ssrc = 0, numbers = 0, timestamp = 0] = words.subarray(at, at + 4);
          const names = { ssrc, payloadType: numbers >>> 16, sequence: numbers & 0xffff, timestamp };
          this.copiesOf(peer).push({ ...names, marker, mark, sentMs: this.nowMs });
        }
      },
      sendRtp: (peer: EnginePeer, packet: Uint8Array) => {
        const bytes = Buffer.from(packet);
        const [sequence, timestamp, ssrc] = [
          bytes.readUInt16BE(2),
          bytes.readUInt32BE(4),
          bytes.readUInt32BE(8),
        ];
        const flags = bytes.readUInt8(1);
        const mark = bytes.readUInt32BE(12 + markAt);
        const names = { ssrc, payloadType: flags & 0x7f, sequence, timestamp, marker: flags > 0x7f, mark };
        this.resent.push({ ...names, sentMs: this.nowMs, peer });
      },
      sendRtcp: (peer: EnginePeer, packet: Uint8Array) => {
        this.#rtcp.set(peer, [...(this.#rtcp.get(peer) ?? []), packet.slice()]);
      },
    } as unknown as MediaEngine;
    this.publication = new Publication(1 as PublicationId, {
      engine,
      drops: new Drops(),
      emit: (event) => void this.events.push(event),
      clock: { nowMs: () => this.nowMs, wallMs: () => this.nowMs },
      maxPublisherBps: 1e6,
      startUp: new StartUpPace(mediaConfig.parse(startUp), 'typescript'),
    });
  }

  /** A publisher that just connected. */
  publisher(codecs: readonly Codec[], rids: readonly string[] = ['']): TestPublisher {
    const peer = new PlanePeer(++this.#lastPeer as PeerId, this.nowMs);
    const tracks = codecs.map((codec, index): IncomingTrack => {
      const kind = kindOf(codec);
      const payloads = [payloadOf(codec, 96 + index)];
      const layers = kind === 'video' ? rids : [''];
      const feedback = kind === 'video' ? (['pli'] as const) : [];
      const sound = codecs.slice(0, index).filter((before) => kindOf(before) === 'audio').length;
      const aside = kind === 'audio' && sound > 0 ? { sound } : {};
      return { kind, mid: '', ...aside, payloads, ssrcs: [], rids: layers, extensions: { rid: 3 }, feedback };
    });
    const role = this.publication.publish(peer, tracks);
    role.secured(peer.id as number as EnginePeer);
    return new TestPublisher(this, role, { peer: peer.id, codecs });
  }

  /** A viewer that just connected; gives its peer number. */
  viewer(codecs: readonly Codec[]): number {
    const peer = new PlanePeer(++this.#lastPeer as PeerId, this.nowMs);
    const kinds = [...new Set(codecs.map(kindOf))];
    const tracks = kinds.map((kind): OutgoingTrack => {
      const payloads = codecs
        .map((codec, index) => payloadOf(codec, 100 + index))
        .filter(({ codec }) => kindOf(codec) === kind);
      return { kind, mid: '', ssrc: ssrcOf[kind], cname: 'c', payloads, extensions: {}, feedback: ['pli'] };
    });
    const role = this.publication.view(peer, tracks);
    role.secured(peer.id as number as EnginePeer);
    this.#viewers.set(peer.id, role);
    return peer.id;
  }

  /** A viewer misses video packets. */
  nack(viewer: number, sequences: readonly number[]): void {
    const writer = new RtcpWriter(1, 'v');
    writer.begin();
    writer.nack(ssrcOf.video, sequences);
    this.#viewers.get(viewer)?.rtcp(writer.end(), this.nowMs);
  }

  /** A viewer asks for a keyframe. */
  pli(viewer: number): void {
    const writer = new RtcpWriter(1, 'v');
    writer.begin();
    writer.pli(ssrcOf.video);
    this.#viewers.get(viewer)?.rtcp(writer.end(), this.nowMs);
  }

  wish(viewer: number, video: VideoWish): void {
    this.#viewers.get(viewer)?.wish?.(video);
  }

  leave(viewer: number): void {
    this.#viewers.get(viewer)?.close();
    this.#viewers.delete(viewer);
  }

  copiesOf(peer: number): Copy[] {
    const copies = this.#copies.get(peer) ?? [];
    this.#copies.set(peer, copies);
    return copies;
  }

  /** Reads, and forgets, the RTCP that a peer was sent. */
  rtcpOf(peer: number, visitor: RtcpVisitor): void {
    const reader = new RtcpReader();
    for (const packet of this.#rtcp.get(peer) ?? []) reader.read(packet, visitor);
    this.#rtcp.delete(peer);
  }

  /** Keyframe requests that a peer was sent since the last question: the number of messages, not of layers. */
  keyframeRequests(peer: number): number {
    let messages = 0;
    for (const packet of this.#rtcp.get(peer) ?? []) {
      let named = 0;
      new RtcpReader().read(packet, { pli: () => (named += 1) });
      if (named > 0) messages += 1;
    }
    this.#rtcp.delete(peer);
    return messages;
  }

  /** Lets time pass as the plane does. */
  pass(spanMs: number, each: () => void = () => undefined): void {
    const endMs = this.nowMs + spanMs;
    for (let tick = 1; this.nowMs < endMs; tick += 1) {
      this.nowMs += 10;
      each();
      this.publication.tick(this.nowMs);
      if (tick % 100 === 0) this.publication.everySecond(this.nowMs);
    }
  }
}

/** SSRCs of every viewer: each has a session of its own. */
export const ssrcOf = { video: 0x5000, audio: 0x6000 } as const;

/** How a packet is made. */
export interface SendOptions {
  readonly key?: boolean;
  readonly rid?: string;
  readonly bytes?: number;
  readonly marker?: boolean;
  /** Written into the payload. */
  readonly mark?: number;
  /** It is on its way until the function that was given back is called; never, if it is lost. */
  readonly held?: boolean;
  /** Which of its tracks; the first with this codec when left out. */
  readonly track?: number;
}

/** A publisher whose packets arrive at once. */
export class TestPublisher {
  readonly peer: number;
  readonly role: PeerRole;
  readonly #rig: PublicationRig;
  readonly #codecs: readonly Codec[];
  readonly #sequence = new Map<number, number>();

  constructor(rig: PublicationRig, role: PeerRole, names: { peer: number; codecs: readonly Codec[] }) {
    this.#rig = rig;
    this.role = role;
    this.peer = names.peer;
    this.#codecs = names.codecs;
  }

  /** One packet of a frame; `bytes` long, of the layer with this rid. Gives what delivers it, if it is held. */
  send(codec: Codec, timestamp: number, options: SendOptions = {}): () => void {
    const { key = false, rid = '', bytes = 100, marker = true, mark = 0, held = false } = options;
    const index = options.track ?? this.#codecs.indexOf(codec);
    const ssrc = this.peer * 256 + index * 16 + (rid === '' ? 0 : rid.charCodeAt(0) % 16);
    const sequence = (this.#sequence.get(ssrc) ?? 500) + 1;
    this.#sequence.set(ssrc, sequence);
    const extension =
      rid === '' ? new Uint8Array(0) : Uint8Array.of(0xbe, 0xde, 0, 1, 0x30, rid.charCodeAt(0), 0, 0);
    const packet = new Uint8Array(12 + extension.length + bytes);
    const fields = { payloadType: 96 + index, marker, sequence, timestamp, ssrc };
    const at = writeRtpHeader(packet, fields, extension);
    packet.set(startOf(codec, key), at);
    if (bytes >= markAt + 4) Buffer.from(packet.buffer).writeUInt32BE(mark, at + markAt);
    const deliver = (): void => this.role.rtp(packet, this.#rig.nowMs);
    if (!held) deliver();
    return deliver;
  }

  /** One picture of VP9 with two spatial layers of one packet each (RFC 9628 section 4.2, flexible mode). */
  sendVp9(picture: number, key: boolean): void {
    const index = this.#codecs.indexOf('vp9');
    const ssrc = this.peer * 256 + index * 16;
    for (const spatial of [0, 1]) {
      const sequence = (this.#sequence.get(ssrc) ?? 500) + 1;
      this.#sequence.set(ssrc, sequence);
      const payload = new Uint8Array(spatial === 0 ? 100 : 500);
      const layers = spatial === 0 ? 0 : (spatial << 1) | 1;
      if (key) payload.set([0xbc, picture & 0x7f, layers, 0x80]);
      else payload.set([0xfc, picture & 0x7f, layers, 1 << 1, 0x84]);
      Buffer.from(payload.buffer).writeUInt32BE(picture * 2 + spatial, markAt);
      const packet = new Uint8Array(12 + payload.length);
      const fields = {
        payloadType: 96 + index,
        marker: spatial === 1,
        sequence,
        timestamp: picture * 3_600,
        ssrc,
      };
      packet.set(payload, writeRtpHeader(packet, fields, new Uint8Array(0)));
      this.role.rtp(packet, this.#rig.nowMs);
    }
  }

  /** A sender report: this timestamp was captured at that time of the publisher's own clock. */
  report(codec: Codec, rtpTimestamp: number, ntpMs: number, of: { rid?: string; track?: number } = {}): void {
    const { rid = '', track = this.#codecs.indexOf(codec) } = of;
    const layer = rid === '' ? 0 : rid.charCodeAt(0) % 16;
    const ssrc = this.peer * 256 + track * 16 + layer;
    const writer = new RtcpWriter(ssrc, 'p');
    const senderReport: SenderReport = {
      ssrc,
      ntpHigh: ntpHigh(ntpMs),
      ntpLow: ntpLow(ntpMs),
      rtpTimestamp,
      packets: 1,
      octets: 1,
    };
    writer.begin({ senderReport });
    this.role.rtcp(writer.end(), this.#rig.nowMs);
  }
}

/** First bytes of a packet that begins a frame. */
function startOf(codec: Codec, key: boolean): Uint8Array {
  if (codec === 'vp8') return Uint8Array.of(0x10, key ? 0 : 1, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1);
  if (codec === 'h264') return Uint8Array.of(key ? 0x65 : 0x41, 0x88, 0x84);
  if (codec === 'opus') return Uint8Array.of(0xfc, 0, 0);
  throw new Error(`no ${codec} here`);
}
