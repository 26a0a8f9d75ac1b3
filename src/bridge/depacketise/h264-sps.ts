import { BitReader, parsed, unescapeNal } from './bits.ts';

/** What the bridge reads from an H.264 sequence parameter set. */
export interface H264Sps {
  readonly id: number;
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly width: number;
  readonly height: number;
}

/** Profiles whose SPS carries the chroma fields, H.264 section 7.3.2.1.1. */
export const highProfiles: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Reads an SPS NAL unit, header byte included (H.264 section 7.3.2.1.1); undefined when it is damaged. */
export function parseH264Sps(nal: Uint8Array): H264Sps | undefined {
  return parsed(() => read(new BitReader(unescapeNal(nal.subarray(1)))));
}

function read(bits: BitReader): H264Sps | undefined {
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  const id = bits.ue();
  const chroma = highProfiles.has(profile)
    ? readChroma(bits)
    : { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 };
  bits.ue(); // log2_max_frame_num_minus4
  skipPictureOrder(bits);
  bits.ue(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthMbs = bits.ue() + 1;
  const heightMapUnits = bits.ue() + 1;
  const framesOnly = bits.bit();
  if (!framesOnly) bits.skip(1);
  bits.skip(1); // direct_8x8_inference_flag
  const crop = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const cropX = chroma.chromaFormat === 1 || chroma.chromaFormat === 2 ? 2 : 1;
  const cropY = (chroma.chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  const width = widthMbs * 16 - cropX * (left + right);
  const height = heightMapUnits * 16 * (2 - framesOnly) - cropY * (top + bottom);
  if (id > 31 || width <= 0 || height <= 0 || width > 16_384 || height > 16_384) return undefined;
  return { id, profile, constraints, level, ...chroma, width, height };
}

function readChroma(bits: BitReader): Pick<H264Sps, 'chromaFormat' | 'bitDepthLuma' | 'bitDepthChroma'> {
  const chromaFormat = bits.ue();
  if (chromaFormat === 3) bits.skip(1); // separate_colour_plane_flag
  const bitDepthLuma = bits.ue() + 8;
  const bitDepthChroma = bits.ue() + 8;
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list += 1) {
      if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
    }
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma };
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i += 1) {
    if (next !== 0) next = (last + bits.se() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) {
    bits.ue();
  } else if (type === 1) {
    bits.skip(1);
    bits.se();
    bits.se();
    const cycle = bits.ue();
    for (let i = 0; i < Math.min(cycle, 255); i += 1) bits.se();
  }
}
