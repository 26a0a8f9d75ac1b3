import type { Codec, Layer, PayloadType } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import type { LayerReport, PartReport } from '#src/core/plane-report.ts';
import { rounded } from '#src/core/rounding.ts';
import { isKeyframeStart, resolution } from '#src/rtp/keyframe.ts';
import { audioRingSize, PacketRing, videoRingSize } from '#src/rtp/ring.ts';
import { SequenceUnwrapper } from '#src/rtp/sequence.ts';
import { NackGenerator } from '#src/sfu/nack-generator.ts';
import { ReceiveStats } from '#src/sfu/receive-stats.ts';
import { Source, type PublisherClock } from '#src/sfu/source.ts';
import { LayerParts, type Rung } from './layer-parts.ts';
import { blankPacket, type MediaPacket, type MutableMediaPacket } from './media-packet.ts';

/** What a layer is made from. */
export interface LayerIdentity {
  readonly track: IncomingTrack;
  readonly layer: Layer;
  readonly ssrc: number;
  /** Format of its first packet. */
  readonly format: PayloadType;
  readonly clock: PublisherClock;
}

/** A packet as it came, wherever from: off the publisher's transport, or out of another worker's hands. */
export interface ArrivedPacket {
  /** Extended, see {@link IncomingLayer.unwrap}. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly format: PayloadType;
  /** Complete extension block; empty for none. */
  readonly extensions: Uint8Array;
  /** Without padding. */
  readonly payload: Uint8Array;
  /** Length of the whole RTP packet, for bit rates. */
  readonly packetBytes: number;
  readonly arrivedMs: number;
  /** It came in a retransmission stream and was unwrapped. */
  readonly isRepair: boolean;
}

const leastSpanMs = 500;
/** Weight of the newest second in the smoothed rate. */
const smoothing = 0.4;

/** One SSRC of the publisher: one simulcast layer of one track, with its ring, its losses and its numbers. */
export class IncomingLayer {
  readonly track: IncomingTrack;
  readonly layer: Layer;
  readonly ssrc: number;
  readonly source: Source;
  readonly nack = new NackGenerator();
  readonly stats: ReceiveStats;
  bitrateBps = 0;
  #ring: PacketRing | undefined;
  #retired = false;
  #smoothedBps = 0;
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #packet: MutableMediaPacket;
  readonly #recalled: MutableMediaPacket;
  /** Layers inside the stream; audio has none. */
  readonly #parts: LayerParts | undefined;
  #packets = 0;
  #bytes = 0;
  #frames = 0;
  #keyframes = 0;
  #keyframeRequests = 0;
  #width = 0;
  #height = 0;
  #frameRate = 0;
  #frameTimestamp = -1;
  #keyframeTimestamp = -1;
  #measured = { atMs: 0, bytes: 0, frames: 0 };

  constructor(identity: LayerIdentity) {
    const { track, layer, ssrc, format, clock } = identity;
    this.track = track;
    this.layer = layer;
    this.ssrc = ssrc;
    this.source = new Source({ layer, clockRateHz: format.clockRateHz, clock });
    this.stats = new ReceiveStats(ssrc, format.clockRateHz);
    this.#ring = new PacketRing(track.kind === 'video' ? videoRingSize : audioRingSize);
    this.#packet = blankPacket(track, this.source, format);
    this.#recalled = blankPacket(track, this.source, format);
    if (track.kind === 'video') this.#parts = new LayerParts(this.source, format, track.extensions);
  }

  /** The packets of the last seconds; undefined once the publisher was put aside. */
  get ring(): PacketRing | undefined {
    return this.#ring;
  }

  /** Bitrate over the last few seconds: what a choice between layers goes by. */
  get smoothedBps(): number {
    return this.#smoothedBps;
  }

  /** The publisher went on under another SSRC. */
  get retired(): boolean {
    return this.#retired;
  }

  /** What the last packet was announced as. */
  get format(): PayloadType {
    return this.#packet.payloadFormat;
  }

  /** The codec of the last packet. */
  get codec(): Codec {
    return this.#packet.payloadFormat.codec;
  }

  get packets(): number {
    return this.#packets;
  }

  /** The extended form of a sequence number on the wire. */
  unwrap(sequence: number): number {
    return this.#unwrapper.unwrap(sequence);
  }

  /** Takes a packet in; undefined for one that came before. The object is the same for every packet. */
  accept(arrived: ArrivedPacket): MediaPacket | undefined {
    const { format, payload, arrivedMs, isRepair } = arrived;
    const packet = this.#packet;
    packet.sequence = arrived.sequence;
    packet.timestamp = arrived.timestamp;
    packet.marker = arrived.marker;
    packet.payloadType = format.payloadType;
    packet.payloadFormat = format;
    packet.payloadBytes = payload.length;
    packet.payload = payload;
    packet.extensions = arrived.extensions;
    packet.arrivedMs = arrivedMs;
    packet.keyframe = payload.length > 0 && isKeyframeStart(format.codec, packet.payload);
    const newest = packet.sequence > (this.#ring?.highest ?? 0);
    if (this.#ring?.store(packet) !== true) return undefined;
    this.#parts?.note(packet, newest);
    this.nack.record(packet.sequence, arrivedMs);
    if (!isRepair) {
      this.stats.record(packet.sequence, packet.timestamp, arrivedMs);
      if (packet.payloadBytes > 0) this.source.notePacket(packet.timestamp, arrivedMs);
    }
    this.#count(packet, arrived.packetBytes);
    return packet;
  }

  /**
   * A stored packet as if it came now, for a viewer that begins in the past; undefined when it is gone. The object is the same
   * for every call, its views are valid until the next packet.
   */
  recall(sequence: number, nowMs: number): MediaPacket | undefined {
    return this.stored(this.source, sequence, nowMs);
  }

  /**
   * The same for a number of any source that is made of this stream, as that source's viewers got it: what a retransmission
   * repeats.
   */
  stored(source: Source, number: number, nowMs: number): MediaPacket | undefined {
    const isWhole = source === this.source;
    const sequence = isWhole ? number : this.#parts?.partOf(source)?.trace(number)?.sequence;
    const stored = sequence === undefined ? undefined : this.#ring?.get(sequence);
    if (stored === undefined) return undefined;
    const { payloadType } = stored;
    const packet = this.#recalled;
    if (packet.payloadType !== payloadType) {
      const format = this.track.payloads.find((payload) => payload.payloadType === payloadType);
      if (format === undefined) return undefined;
      packet.payloadFormat = format;
      packet.payloadType = payloadType;
    }
    packet.timestamp = stored.timestamp;
    packet.marker = stored.marker;
    packet.keyframe = stored.keyframe;
    packet.extensions = stored.extensions;
    packet.payload = stored.payload;
    packet.payloadBytes = stored.payload.length;
    packet.arrivedMs = nowMs;
    if (this.#parts !== undefined) return this.#parts.recall(packet, source, number) ? packet : undefined;
    packet.sequence = number;
    return packet;
  }

  /** What viewers can be given of this layer, smallest first; the last one is all of it. Changes with the stream. */
  rungs(): readonly Rung[] {
    const whole = { bps: this.#smoothedBps, width: this.#width, height: this.#height };
    const only = { source: this.source, ...whole, spatial: 0, temporal: 0, label: '' };
    return this.#parts?.rungs(whole) ?? [only];
  }

  /** A request for a keyframe of this layer left. */
  noteKeyframeRequest(): void {
    this.#keyframeRequests++;
  }

  /** Rates of the time since the last call. */
  measure(nowMs: number): void {
    const spanMs = nowMs - this.#measured.atMs;
    // Less than that and one keyframe makes a small layer look large.
    if (spanMs < leastSpanMs) return;
    const before = this.#smoothedBps;
    this.bitrateBps = ((this.#bytes - this.#measured.bytes) * 8_000) / spanMs;
    this.#frameRate = ((this.#frames - this.#measured.frames) * 1_000) / spanMs;
    this.#parts?.measure(spanMs);
    this.#measured = { atMs: nowMs, bytes: this.#bytes, frames: this.#frames };
    // A layer that stopped is not to be chosen for its past.
    const isFresh = before === 0 || this.bitrateBps === 0;
    this.#smoothedBps = isFresh ? this.bitrateBps : before + (this.bitrateBps - before) * smoothing;
  }

  /** Another SSRC takes this one's place. */
  retire(): void {
    this.#retired = true;
    this.release();
  }

  /** Frees the ring: what it holds would go out under extensions and numbers of the next publisher. */
  release(): void {
    this.#ring = undefined;
  }

  /** With what its publication knows of it. */
  report(audience: Pick<LayerReport, 'viewers' | 'cachedBytes'>): LayerReport {
    return {
      layer: this.track.sound ?? this.layer,
      ...audience,
      rid: this.track.rids[this.layer] ?? '',
      ssrc: this.ssrc,
      packets: this.#packets,
      bytes: this.#bytes,
      bitrateBps: Math.round(this.bitrateBps),
      frameRate: rounded(this.#frameRate, 2),
      width: this.#width,
      height: this.#height,
      keyframes: this.#keyframes,
      lost: this.nack.lost,
      repaired: this.nack.repaired,
      nacksSent: this.nack.requested,
      keyframeRequestsSent: this.#keyframeRequests,
      jitterMs: rounded(this.stats.jitterMs, 2),
      ...(this.track.kind === 'video' && { parts: this.rungs().map(partReport) }),
    };
  }

  #count(packet: MediaPacket, bytes: number): void {
    if (this.#packets === 0) this.#measured.atMs = packet.arrivedMs;
    this.#packets++;
    this.#bytes += bytes;
    if (packet.payloadBytes > 0 && packet.timestamp !== this.#frameTimestamp) {
      this.#frameTimestamp = packet.timestamp;
      this.#frames++;
    }
    if (!packet.keyframe || this.track.kind !== 'video') return;
    if (packet.timestamp !== this.#keyframeTimestamp) {
      this.#keyframeTimestamp = packet.timestamp;
      this.#keyframes++;
    }
    const size = resolution(packet.payloadFormat.codec, packet.payload);
    if (size === undefined) return;
    this.#width = size.width;
    this.#height = size.height;
  }
}

function partReport({ spatial, temporal, bps, width, height }: Rung): PartReport {
  return { spatialLayer: spatial, temporalLayer: temporal, bitrateBps: Math.round(bps), width, height };
}
