import { type H264Usability, readUsability } from '../h264/vui.ts';
import { BitReader, withoutEmulation } from './bits.ts';
import { plausible } from './resolution.ts';

/** What an H.264 sequence parameter set says about the pictures. */
export interface H264Sps extends H264Usability {
  readonly id: number;
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** The three colours are coded apart, and each slice says which it is of. */
  readonly separateColours: boolean;
  /** Bits of frame_num in a slice header. */
  readonly frameNumberBits: number;
  readonly pictureOrder: H264PictureOrderCoding;
  /** No picture is coded as two fields. */
  readonly framesOnly: boolean;
  /** Display size, cropping applied. */
  readonly width: number;
  readonly height: number;
}

/** How slices tell their place on the screen (H.264 section 7.4.2.1.1): type 2 says that it is the decoding order. */
export type H264PictureOrderCoding =
  { readonly type: 0; readonly lsbBits: number } | { readonly type: 1 } | { readonly type: 2 };

/** Profiles whose SPS carries chroma format and scaling matrices (H.264 section 7.3.2.1.1). */
export const highProfiles: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
]);

type Chroma = Pick<H264Sps, 'chromaFormat' | 'bitDepthLuma' | 'bitDepthChroma' | 'separateColours'>;
const usualChroma: Chroma = {
  chromaFormat: 1,
  bitDepthLuma: 8,
  bitDepthChroma: 8,
  separateColours: false,
};
const unsaid: H264Usability = { frameRateHz: undefined, reorderFrames: undefined };

/** Reads an SPS NAL unit, header byte included (H.264 section 7.3.2.1.1); undefined when it is damaged. */
export function parseH264Sps(nal: Uint8Array): H264Sps | undefined {
  const bits = new BitReader(withoutEmulation(nal, 1, nal.length), 0);
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  const id = bits.exponential();
  const chroma = highProfiles.has(profile) ? readChroma(bits) : usualChroma;
  const frameNumberBits = bits.exponential() + 4;
  const pictureOrder = readPictureOrder(bits);
  bits.exponential(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const size = readSize(bits, chroma.chromaFormat);
  if (bits.overrun || id > 31 || frameNumberBits > 16 || !size || !pictureOrder) return undefined;
  const usability = bits.flag() ? readUsability(bits) : unsaid;
  return { id, profile, constraints, level, ...chroma, frameNumberBits, pictureOrder, ...size, ...usability };
}

/** From pic_width_in_mbs_minus1 to the cropping window. */
function readSize(
  bits: BitReader,
  chromaFormat: number,
): Pick<H264Sps, 'framesOnly' | 'width' | 'height'> | undefined {
  const widthMacroblocks = bits.exponential() + 1;
  const heightMapUnits = bits.exponential() + 1;
  const framesOnly = bits.flag();
  const fieldFactor = framesOnly ? 1 : 2;
  if (!framesOnly) bits.skip(1); // mb_adaptive_frame_field_flag
  bits.skip(1); // direct_8x8_inference_flag
  let width = 16 * widthMacroblocks;
  let height = 16 * heightMapUnits * fieldFactor;
  if (bits.flag()) {
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const cropY = (chromaFormat === 1 ? 2 : 1) * fieldFactor;
    width -= cropX * (bits.exponential() + bits.exponential());
    height -= cropY * (bits.exponential() + bits.exponential());
  }
  const size = plausible(width, height);
  return size && { framesOnly, ...size };
}

function readChroma(bits: BitReader): Chroma {
  const chromaFormat = bits.exponential();
  const separateColours = chromaFormat === 3 && bits.flag();
  const bitDepthLuma = bits.exponential() + 8;
  const bitDepthChroma = bits.exponential() + 8;
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list += 1) if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma, separateColours };
}

/** H.264 section 7.3.2.1.1.1: once a scale is 0, the rest of the list repeats the last one. */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let i = 0; i < size && !bits.overrun; i += 1) {
    const next = (last + bits.signedExponential() + 256) & 255;
    if (next === 0) return;
    last = next;
  }
}

function readPictureOrder(bits: BitReader): H264PictureOrderCoding | undefined {
  const type = bits.exponential();
  if (type === 2) return { type };
  if (type === 0) {
    const lsbBits = bits.exponential() + 4;
    return lsbBits <= 16 ? { type, lsbBits } : undefined;
  }
  if (type !== 1) return undefined;
  bits.skip(1);
  bits.exponential();
  bits.exponential();
  const cycle = bits.exponential();
  for (let i = 0; i < cycle && !bits.overrun; i += 1) bits.exponential();
  return { type };
}
