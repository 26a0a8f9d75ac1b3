import { BitReader, withoutEmulation } from './bits.ts';
import { plausible } from './resolution.ts';

/** What an H.265 sequence parameter set says about the pictures. */
export interface H265Sps {
  /** general_profile_space to general_level_idc as they stand, 12 bytes. */
  readonly profileTierLevel: Uint8Array;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Display size, conformance window applied. */
  readonly width: number;
  readonly height: number;
}

/** Reads an SPS NAL unit, two header bytes included (H.265 section 7.3.2.2.1); undefined when it is damaged. */
export function parseH265Sps(nal: Uint8Array): H265Sps | undefined {
  return readSps(nal).sps;
}

/**
 * How many pictures may precede another in decoding order and follow it on the screen, in the highest sub-layer
 * (sps_max_num_reorder_pics, H.265 section 7.4.3.2.1); undefined when the SPS is damaged.
 */
export function h265ReorderPictures(nal: Uint8Array): number | undefined {
  const { sps, bits } = readSps(nal);
  if (!sps) return undefined;
  bits.exponential(); // log2_max_pic_order_cnt_lsb_minus4
  const layers = bits.flag() ? sps.temporalLayers : 1;
  let pictures = 0;
  for (let layer = 0; layer < layers; layer += 1) {
    bits.exponential(); // sps_max_dec_pic_buffering_minus1
    pictures = bits.exponential();
    bits.exponential(); // sps_max_latency_increase_plus1
  }
  return bits.overrun ? undefined : pictures;
}

/** The SPS up to its bit depths, and the reader behind them. */
function readSps(nal: Uint8Array): { readonly sps: H265Sps | undefined; readonly bits: BitReader } {
  const plain = withoutEmulation(nal, 2, nal.length);
  const bits = new BitReader(plain, 0);
  bits.skip(4); // sps_video_parameter_set_id
  const subLayers = bits.bits(3);
  const temporalIdNested = bits.flag();
  bits.skip(96);
  skipSubLayers(bits, subLayers);
  bits.exponential(); // sps_seq_parameter_set_id
  const chromaFormat = bits.exponential();
  if (chromaFormat === 3) bits.skip(1); // separate_colour_plane_flag
  const size = readSize(bits, chromaFormat);
  const bitDepthLuma = bits.exponential() + 8;
  const bitDepthChroma = bits.exponential() + 8;
  if (bits.overrun || size === undefined) return { sps: undefined, bits };
  if (chromaFormat > 3 || bitDepthLuma > 16 || bitDepthChroma > 16) return { sps: undefined, bits };
  const sps = {
    profileTierLevel: plain.subarray(1, 13),
    temporalLayers: subLayers + 1,
    temporalIdNested,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    ...size,
  };
  return { sps, bits };
}

function readSize(bits: BitReader, chromaFormat: number): ReturnType<typeof plausible> {
  let width = bits.exponential();
  let height = bits.exponential();
  if (bits.flag()) {
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const cropY = chromaFormat === 1 ? 2 : 1;
    width -= cropX * (bits.exponential() + bits.exponential());
    height -= cropY * (bits.exponential() + bits.exponential());
  }
  return plausible(width, height);
}

/** The part of profile_tier_level() behind the general one: what each sub-layer says it has (H.265 section 7.3.3). */
function skipSubLayers(bits: BitReader, subLayers: number): void {
  if (subLayers === 0) return;
  let skip = 0;
  for (let i = 0; i < 8; i += 1) {
    const presence = bits.bits(2);
    if (i < subLayers) skip += ((presence & 2) === 0 ? 0 : 88) + ((presence & 1) === 0 ? 0 : 8);
  }
  bits.skip(skip);
}
