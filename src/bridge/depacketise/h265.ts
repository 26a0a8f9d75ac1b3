import type { H265Sps } from '#src/rtp/keyframe/h265-sps.ts';
import { parseH265Sps } from '#src/rtp/keyframe/h265-sps.ts';
import { NalCollector, splitAggregate } from './nal.ts';
import type { CodecConfig, PayloadFormat, Picture } from './unit.ts';

const firstIrap = 16;
const lastIrap = 23;
const lastSlice = 31;
const vps = 32;
const sps = 33;
const pps = 34;
const delimiter = 35;
const filler = 38;
const aggregate = 48;
const fragment = 49;

/**
 * H.265 over RTP (RFC 7798, without DONL fields) to length-prefixed samples. Parameter sets stay in the stream: it is
 * always decoded here, and a decoder follows changes by itself.
 */
export class H265Format implements PayloadFormat {
  readonly #nals = new NalCollector();
  readonly #sets = new Map<number, Uint8Array>();
  #config: CodecConfig | undefined;
  #keyframe = false;
  #slices = 0;
  #startsClean = false;
  #fragmentType = 0;
  /** The publisher sends its SPS with the keyframes. */
  #spsInBand = false;
  /** The SPS of this picture may be among the lost packets, and may have been a new one. */
  #needsSps = false;

  begin(afterHole: boolean): void {
    this.#nals.clear();
    this.#needsSps = afterHole && this.#spsInBand;
    this.#keyframe = false;
    this.#slices = 0;
    this.#startsClean = false;
  }

  add(payload: Uint8Array): boolean {
    if (payload.length < 3) return false;
    const type = nalType(payload);
    if (type === fragment) return this.#fragment(payload);
    if (this.#nals.open) return false;
    if (type < aggregate) {
      this.#unit(payload);
      return true;
    }
    if (type !== aggregate) return false;
    const units = splitAggregate(payload.subarray(2));
    if (!units?.every((unit) => unit.length > 2)) return false;
    units.forEach((unit) => this.#unit(unit));
    return true;
  }

  finish(): Picture | 'damaged' | undefined {
    if (this.#nals.open) return 'damaged';
    if (this.#slices === 0) return undefined;
    if (!this.#startsClean || (this.#keyframe && this.#needsSps)) return 'damaged';
    if (this.#keyframe) this.#config = this.#buildConfig() ?? this.#config;
    if (this.#keyframe && !this.#config) return 'damaged';
    const config = this.#keyframe ? this.#config : undefined;
    return { keyframe: this.#keyframe, chunks: this.#nals.chunks, sizeBytes: this.#nals.sizeBytes, config };
  }

  /** Fragmentation units, RFC 7798 section 4.4.3. */
  #fragment(payload: Uint8Array): boolean {
    const [first = 0, second = 0, header = 0] = payload;
    if (payload.length < 4) return false;
    const type = header & 0x3f;
    const body = payload.subarray(3);
    if (header & 0x80) {
      if (this.#nals.open) return false;
      this.#fragmentType = type;
      this.#nals.first(Uint8Array.of((first & 0x81) | (type << 1), second), body);
      this.#sawSlice(type, body[0] ?? 0);
    } else if (type !== this.#fragmentType || !this.#nals.next(body)) {
      return false;
    }
    if (header & 0x40) {
      if (type >= vps && type <= pps) this.#learn(type, this.#nals.joined());
      this.#nals.last(type !== delimiter && type !== filler);
    }
    return true;
  }

  #unit(nal: Uint8Array): void {
    const type = nalType(nal);
    if (type >= vps && type <= pps) this.#learn(type, nal);
    this.#sawSlice(type, nal[2] ?? 0);
    if (type !== delimiter && type !== filler) this.#nals.whole(nal);
  }

  #sawSlice(type: number, firstByte: number): void {
    if (type > lastSlice) return;
    // first_slice_segment_in_pic_flag is the first bit of every slice header.
    if (this.#slices === 0) this.#startsClean = (firstByte & 0x80) !== 0;
    this.#slices += 1;
    if (type >= firstIrap && type <= lastIrap) this.#keyframe = true;
  }

  #learn(type: number, nal: Uint8Array): void {
    if (type === sps) {
      if (!parseH265Sps(nal)) return;
      this.#spsInBand = true;
      this.#needsSps = false;
    }
    const known = this.#sets.get(type);
    if (!known || Buffer.compare(known, nal) !== 0) this.#sets.set(type, Uint8Array.from(nal));
  }

  #buildConfig(): CodecConfig | undefined {
    const nals = [vps, sps, pps].map((type) => this.#sets.get(type));
    const spsNal = this.#sets.get(sps);
    const parsed = spsNal && parseH265Sps(spsNal);
    if (!parsed || nals.includes(undefined)) return undefined;
    const present = nals.filter((nal) => nal !== undefined);
    return {
      codec: 'h265',
      width: parsed.width,
      height: parsed.height,
      codecPrivate: hevcConfiguration(parsed, present),
    };
  }
}

function nalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 0x3f;
}

/** HEVCDecoderConfigurationRecord, ISO 14496-15 section 8.3.3.1. */
function hevcConfiguration(parsed: H265Sps, nals: readonly Uint8Array[]): Uint8Array {
  const layers = (parsed.temporalLayers << 3) | (parsed.temporalIdNested ? 4 : 0) | 3;
  const parts: Uint8Array[] = [
    Uint8Array.of(1),
    parsed.profileTierLevel,
    Uint8Array.of(0xf0, 0, 0xfc, 0xfc | parsed.chromaFormat),
    Uint8Array.of(
      0xf8 | (parsed.bitDepthLuma - 8),
      0xf8 | (parsed.bitDepthChroma - 8),
      0,
      0,
      layers,
      nals.length,
    ),
  ];
  for (const nal of nals) {
    parts.push(Uint8Array.of(0x80 | nalType(nal), 0, 1, nal.length >> 8, nal.length & 0xff), nal);
  }
  return Buffer.concat(parts);
}
