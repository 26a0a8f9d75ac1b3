import type { H264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import { highProfiles, parseH264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { H264PictureOrder } from '#src/rtp/h264/picture-order.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
import { NalCollector, splitAggregate } from './nal.ts';
import type { CodecConfig, PayloadFormat, Picture } from './unit.ts';

const idrSlice = 5;
const sps = 7;
const pps = 8;
/** Parameter sets, access unit delimiter, filler, subset SPS and scalable slices: a picture decodes without them. */
const unwanted: ReadonlySet<number> = new Set([sps, pps, 9, 12, 15, 20]);
const stapA = 24;
const fuA = 28;
/** Constrained or not, it has no B-frames (H.264 section A.2.1). */
const baseline = 66;

/**
 * H.264 over RTP (RFC 6184, packetization modes 0 and 1) to AVC samples. SPS and PPS are taken out of the stream: `avc1`
 * samples hold none (ISO 14496-15 section 5.3.3), and changed ones come with a new configuration.
 */
export class H264Format implements PayloadFormat {
  readonly #nals = new NalCollector();
  #sps: Uint8Array | undefined;
  /** By id: an encoder may use several. */
  readonly #pps = new Map<number, Uint8Array>();
  #config: CodecConfig | undefined;
  /** Parameter sets changed since the last keyframe. */
  #changed = false;
  #keyframe = false;
  #slices = 0;
  #startsClean = false;
  #fragmentType = 0;
  /** The publisher sends its SPS with the keyframes. */
  #spsInBand = false;
  /** The SPS of this picture may be among the lost packets, and may have been a new one. */
  #needsSps = false;
  readonly #sets = new H264ParameterSets();
  readonly #orders = new H264PictureOrder();
  /** Of this picture. */
  #order: number | undefined;

  /** `fmtp` as negotiated: its sprop-parameter-sets (RFC 6184 section 8.1) are known from the start. */
  constructor(fmtp: string) {
    for (const nal of spropParameterSets(fmtp)) this.#learn(nal);
  }

  begin(afterHole: boolean): void {
    this.#nals.clear();
    this.#needsSps = afterHole && this.#spsInBand;
    this.#keyframe = false;
    this.#slices = 0;
    this.#startsClean = false;
    this.#order = undefined;
  }

  add(payload: Uint8Array): boolean {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type === fuA) return this.#fragment(payload);
    if (this.#nals.open) return false;
    if (type >= 1 && type <= 23) {
      this.#unit(payload);
      return true;
    }
    if (type !== stapA) return false;
    const units = splitAggregate(payload.subarray(1));
    units?.forEach((unit) => this.#unit(unit));
    return units !== undefined;
  }

  finish(): Picture | 'damaged' | undefined {
    if (this.#nals.open) return 'damaged';
    if (this.#slices === 0) return undefined;
    if (!this.#startsClean || (this.#keyframe && this.#needsSps)) return 'damaged';
    if (this.#changed) {
      // A picture that uses new parameter sets without being an IDR cannot be told to a passthrough muxer.
      if (!this.#keyframe) return 'damaged';
      this.#config = this.#buildConfig();
      this.#changed = false;
    }
    if (this.#keyframe && !this.#config) return 'damaged';
    const config = this.#keyframe ? this.#config : undefined;
    const { chunks, sizeBytes } = this.#nals;
    const order = this.#order === undefined ? {} : { order: this.#order };
    return { keyframe: this.#keyframe, chunks, sizeBytes, config, ...order };
  }

  /** FU-A, RFC 6184 section 5.8. */
  #fragment(payload: Uint8Array): boolean {
    const [indicator = 0, header = 0] = payload;
    if (payload.length < 3) return false;
    const type = header & 0x1f;
    const body = payload.subarray(2);
    if (header & 0x80) {
      if (this.#nals.open) return false;
      this.#fragmentType = type;
      const nalHeader = (indicator & 0xe0) | type;
      this.#nals.first(Uint8Array.of(nalHeader), body);
      this.#sawSlice(nalHeader, body, 0);
    } else if (type !== this.#fragmentType || !this.#nals.next(body)) {
      return false;
    }
    if (header & 0x40) {
      if (type === sps) this.#spsInBand = true;
      if (type === sps || type === pps) this.#learn(this.#nals.joined());
      this.#nals.last(!unwanted.has(type));
    }
    return true;
  }

  #unit(nal: Uint8Array): void {
    const type = (nal[0] ?? 0) & 0x1f;
    if (type === sps) this.#spsInBand = true;
    if (type === sps || type === pps) this.#learn(nal);
    this.#sawSlice(nal[0] ?? 0, nal, 1);
    if (!unwanted.has(type)) this.#nals.whole(nal);
  }

  #sawSlice(nalHeader: number, bytes: Uint8Array, bodyAt: number): void {
    const type = nalHeader & 0x1f;
    if (type < 1 || type > idrSlice) return;
    // first_mb_in_slice is ue(v): a leading 1 bit says 0, the picture's first macroblock.
    if (this.#slices === 0) this.#startsClean = ((bytes[bodyAt] ?? 0) & 0x80) !== 0;
    this.#slices += 1;
    if (type === idrSlice) this.#keyframe = true;
    if (this.#slices === 1) this.#order = this.#orderOf(nalHeader, bytes, bodyAt);
  }

  /** Undefined where the pictures are shown in the order in which they come, whatever follows. */
  #orderOf(nalHeader: number, bytes: Uint8Array, bodyAt: number): number | undefined {
    const set = sliceParameterSet(bytes, bodyAt);
    const sps = set === undefined ? undefined : this.#sets.of(set);
    if (!sps || sps.profile === baseline || sps.pictureOrder.type !== 0) return undefined;
    const idr = (nalHeader & 0x1f) === idrSlice;
    const header = readSliceHeader({ bytes, bodyAt, idr }, sps);
    return header && this.#orders.next(header, { idr, reference: (nalHeader & 0x60) !== 0 }, sps);
  }

  #learn(nal: Uint8Array): void {
    const type = (nal[0] ?? 0) & 0x1f;
    if (type === sps) {
      this.#needsSps = false;
      if (equal(this.#sps, nal) || !parseH264Sps(nal)) return;
      this.#sps = Uint8Array.from(nal);
      this.#sets.sequence(nal);
      // The old PPS may refer to what is gone; those still used are sent again with a new SPS.
      this.#pps.clear();
      this.#changed = true;
    } else if (type === pps && nal.length >= 2) {
      const id = ppsId(nal);
      if (equal(this.#pps.get(id), nal) || (this.#pps.size >= 16 && !this.#pps.has(id))) return;
      this.#pps.set(id, Uint8Array.from(nal));
      this.#sets.picture(nal);
      this.#changed = true;
    }
  }

  #buildConfig(): CodecConfig | undefined {
    const parsed = this.#sps && parseH264Sps(this.#sps);
    if (!this.#sps || !parsed || this.#pps.size === 0) return undefined;
    const pictureSets = [...this.#pps].toSorted(([a], [b]) => a - b).map(([, nal]) => nal);
    return {
      codec: 'h264',
      width: parsed.width,
      height: parsed.height,
      codecPrivate: avcConfiguration(parsed, this.#sps, pictureSets),
      ...(parsed.reorderFrames === undefined ? {} : { reorderFrames: parsed.reorderFrames }),
    };
  }
}

/** AVCDecoderConfigurationRecord, ISO 14496-15 section 5.3.3.1. */
function avcConfiguration(parsed: H264Sps, spsNal: Uint8Array, ppsNals: readonly Uint8Array[]): Uint8Array {
  const { profile, constraints, level, chromaFormat, bitDepthLuma, bitDepthChroma } = parsed;
  const parts: Uint8Array[] = [Uint8Array.of(1, profile, constraints, level, 0xff, 0xe1)];
  parts.push(uint16(spsNal.length), spsNal, Uint8Array.of(ppsNals.length));
  for (const nal of ppsNals) parts.push(uint16(nal.length), nal);
  if (highProfiles.has(profile)) {
    parts.push(Uint8Array.of(0xfc | chromaFormat, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0));
  }
  return Buffer.concat(parts);
}

/** pic_parameter_set_id: ue(v) right after the NAL header; ids to 255 fit 17 bits. */
function ppsId(nal: Uint8Array): number {
  const word = ((nal[1] ?? 0) << 16) | ((nal[2] ?? 0) << 8) | (nal[3] ?? 0);
  const zeros = Math.clz32(word) - 8;
  return zeros > 8 ? 0 : (word >> (23 - 2 * zeros)) - 1;
}

function spropParameterSets(fmtp: string): Uint8Array[] {
  const value = /(?:^|;)\s*sprop-parameter-sets=([^;\s]+)/i.exec(fmtp)?.[1] ?? '';
  const sets = value.split(',').filter((text) => text !== '');
  return sets.map((text) => new Uint8Array(Buffer.from(text, 'base64'))).filter((nal) => nal.length > 3);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function equal(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
