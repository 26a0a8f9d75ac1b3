import type { Codec, PayloadType } from '#src/core/media.ts';
import type { ExtensionIds } from '#src/core/plane.ts';
import { noBytes } from '#src/rtp/bytes.ts';
import { DescriptorLayerReader } from '#src/sfu/layers/descriptor-reader.ts';
import { LayerRates, layersOfAKind } from '#src/sfu/layers/layer-rates.ts';
import type { LayerReader, PictureNumbers } from '#src/sfu/layers/packet-layers.ts';
import { SubStream } from '#src/sfu/layers/sub-stream.ts';
import { Vp8LayerReader } from '#src/sfu/layers/vp8-reader.ts';
import { Vp9LayerReader } from '#src/sfu/layers/vp9-reader.ts';
import type { Source } from '#src/sfu/source.ts';
import { blankPacket, type MediaPacket, type MutableMediaPacket } from './media-packet.ts';

/** Something that a viewer can be given: a stream, or some of its layers. */
export interface Rung {
  /** What the viewer's track selects. */
  readonly source: Source;
  /** Smoothed; 0 until measured. */
  readonly bps: number;
  readonly spatial: number;
  readonly temporal: number;
  /** 0 when the stream did not say. */
  readonly width: number;
  readonly height: number;
  /** As the browsers' scalability modes name layers, e.g. S1T2. */
  readonly label: string;
}

/** One part as its viewers get it. */
interface Part {
  readonly stream: SubStream;
  readonly packet: MutableMediaPacket;
  readonly picture: Mutable<PictureNumbers>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The layers inside one incoming stream (VP9 and AV1: spatial and temporal, VP8: temporal), and the parts of it that viewers
 * follow. A part costs nothing until somebody does.
 */
export class LayerParts {
  readonly #stream: Source;
  readonly #format: PayloadType;
  readonly #ids: ExtensionIds;
  readonly #rates = new LayerRates();
  readonly #parts: Part[] = [];
  readonly #byLayers: (Part | undefined)[] = [];
  readonly #point = { possible: false, riseFrom: 0, riseTo: 0 };
  readonly #view = { sequence: 0, belongs: false, newest: false, marker: false, pictureId: -1 };
  readonly #copies: MutableMediaPacket[] = [];
  #codec: Codec | undefined;
  #reader: LayerReader | undefined;

  constructor(stream: Source, format: PayloadType, ids: ExtensionIds) {
    this.#stream = stream;
    this.#format = format;
    this.#ids = ids;
  }

  /** Reads the packet's layers and makes the copies of it that somebody follows. Nothing newer came when `newest`. */
  note(packet: MutableMediaPacket, newest: boolean): void {
    const reader = this.#readerFor(packet.payloadFormat.codec);
    packet.copyCount = 0;
    packet.switching = undefined;
    packet.picture = undefined;
    packet.patchBytes = 0;
    if (reader === undefined) return;
    const isKnown = packet.payloadBytes > 0 && reader.read(packet);
    if (isKnown) this.#describe(packet, reader, newest);
    const stream = this.#stream;
    stream.spatial = this.#rates.maxSpatial;
    stream.temporal = this.#rates.maxTemporal;
    stream.spoken = packet.sequence - 1;
    stream.atHand = packet;
    for (const part of this.#parts) this.#copy(part, packet, isKnown ? reader : undefined, newest);
    packet.copies = this.#copies;
  }

  /** Rates of the time since the last call. */
  measure(spanMs: number): void {
    this.#rates.measure(spanMs);
  }

  /** The stream and its parts, smallest first; the last one is the whole stream. */
  rungs(whole: { readonly bps: number; readonly width: number; readonly height: number }): readonly Rung[] {
    const { maxSpatial, maxTemporal } = this.#rates;
    const rungs: Rung[] = [];
    for (let spatial = 0; spatial <= maxSpatial; spatial += 1) {
      const width = this.#reader?.width(spatial) ?? 0;
      const height = this.#reader?.height(spatial) ?? 0;
      const size = width === 0 && spatial === maxSpatial ? whole : { width, height };
      for (let temporal = 0; temporal <= maxTemporal; temporal += 1) {
        const isWhole = spatial === maxSpatial && temporal === maxTemporal;
        rungs.push({
          source: isWhole ? this.#stream : this.#part(spatial, temporal).stream.source,
          bps: isWhole ? whole.bps : Math.min(whole.bps, this.#rates.bpsUpTo(spatial, temporal)),
          spatial,
          temporal,
          width: size.width,
          height: size.height,
          label: `S${spatial.toString()}T${temporal.toString()}`,
        });
      }
    }
    // Sorting is stable: among equals, the one with more layers comes later.
    return rungs.sort((a, b) => a.bps - b.bps);
  }

  /** The numbering of a part, by its source. */
  partOf(source: Source): SubStream | undefined {
    for (const { stream } of this.#parts) if (stream.source === source) return stream;
    return undefined;
  }

  /**
   * Completes a stored packet of the stream for those who follow `source`, so that it is the same, byte for byte, as when it came:
   * its number, its marker, its picture. False when `source` has no such packet.
   */
  recall(packet: MutableMediaPacket, source: Source, number: number): boolean {
    packet.source = source;
    packet.sequence = number;
    packet.copyCount = 0;
    packet.switching = undefined;
    packet.picture = undefined;
    packet.patchBytes = 0;
    const traced = source === this.#stream ? undefined : this.partOf(source)?.trace(number);
    if (source !== this.#stream) {
      if (traced === undefined) return false;
      packet.marker = traced.marker;
      if (traced.filler) {
        makeEmpty(packet);
        return true;
      }
    }
    if (packet.payloadFormat.codec !== 'vp8') return true;
    const reader = this.#reader;
    if (!(reader instanceof Vp8LayerReader)) return false;
    const { recalled } = reader;
    if (!reader.recall(packet.payload) || recalled.patchBytes === 0) return true;
    if (traced !== undefined) recalled.picture.id = traced.pictureId;
    packet.patchAt = recalled.patchAt;
    packet.patchBytes = recalled.patchBytes;
    packet.picture = recalled.picture;
    return true;
  }

  #readerFor(codec: Codec): LayerReader | undefined {
    if (codec === this.#codec) return this.#reader;
    this.#codec = codec;
    const id = this.#ids['dependency-descriptor'];
    if (codec === 'vp8') this.#reader = new Vp8LayerReader();
    else if (codec === 'vp9') this.#reader = new Vp9LayerReader();
    else this.#reader = codec === 'av1' && id !== undefined ? new DescriptorLayerReader(id) : undefined;
    return this.#reader;
  }

  #describe(packet: MutableMediaPacket, { layers }: LayerReader, newest: boolean): void {
    const point = this.#point;
    this.#rates.note(layers.spatial, layers.temporal, packet.payloadBytes);
    point.possible = newest && layers.startsPicture && (packet.keyframe || layers.contiguous);
    point.riseFrom = layers.riseFrom;
    point.riseTo = layers.riseTo;
    packet.switching = point;
    packet.patchAt = layers.patchAt;
    packet.patchBytes = layers.patchBytes;
    if (layers.patchBytes > 0) packet.picture = layers.picture;
  }

  /** What a packet without layers is: the same for all. Padding is for nobody. */
  #copy(part: Part, packet: MutableMediaPacket, reader: LayerReader | undefined, newest: boolean): void {
    const { stream, packet: copy } = part;
    const { source } = stream;
    const layers = reader?.layers;
    const view = this.#view;
    view.sequence = packet.sequence;
    view.newest = newest;
    view.belongs =
      packet.payloadBytes > 0 &&
      (layers === undefined || (layers.spatial <= source.spatial && layers.temporal <= source.temporal));
    view.marker = packet.marker || (layers?.endsFrame === true && layers.spatial === source.spatial);
    view.pictureId = layers !== undefined && layers.picture.idBits !== 0 ? layers.picture.id : -1;
    source.atHand = undefined;
    if (!stream.take(view)) return;
    copyFields(packet, copy);
    copy.sequence = stream.number;
    copy.marker = view.marker;
    if (stream.filler) makeEmpty(copy);
    else if (packet.picture !== undefined) {
      part.picture.idBits = packet.picture.idBits;
      part.picture.id = stream.pictureId;
      part.picture.tl0 = packet.picture.tl0;
      copy.picture = part.picture;
    }
    source.atHand = copy;
    this.#copies[packet.copyCount] = copy;
    packet.copyCount += 1;
  }

  #part(spatial: number, temporal: number): Part {
    const at = spatial * layersOfAKind + temporal;
    const known = this.#byLayers[at];
    if (known !== undefined) return known;
    const stream = new SubStream(this.#stream, spatial, temporal);
    const packet = blankPacket({ kind: 'video' }, stream.source, this.#format);
    const part: Part = { stream, packet, picture: { idBits: 0, id: 0, tl0: -1 } };
    this.#byLayers[at] = part;
    this.#parts.push(part);
    return part;
  }
}

/** What a copy has in common with the stream's packet. */
function copyFields(packet: MediaPacket, copy: MutableMediaPacket): void {
  copy.timestamp = packet.timestamp;
  copy.keyframe = packet.keyframe;
  copy.payloadType = packet.payloadType;
  copy.payloadFormat = packet.payloadFormat;
  copy.payloadBytes = packet.payloadBytes;
  copy.arrivedMs = packet.arrivedMs;
  copy.extensions = packet.extensions;
  copy.payload = packet.payload;
  copy.switching = packet.switching;
  copy.picture = undefined;
  copy.patchAt = packet.patchAt;
  copy.patchBytes = packet.patchBytes;
}

/** Takes out all that was the packet's: receivers take an empty one for padding, which only its number is good for. */
function makeEmpty(packet: MutableMediaPacket): void {
  packet.marker = false;
  packet.keyframe = false;
  packet.payload = noBytes;
  packet.payloadBytes = 0;
  packet.extensions = noBytes;
  packet.switching = undefined;
  packet.patchBytes = 0;
}
