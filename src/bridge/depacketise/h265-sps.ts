import { BitReader, parsed, unescapeNal } from './bits.ts';

/** What the bridge reads from an H.265 sequence parameter set. */
export interface H265Sps {
  /** general_profile_space to general_level_idc as they stand, 12 bytes. */
  readonly profileTierLevel: Uint8Array;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly width: number;
  readonly height: number;
}

/** Reads an SPS NAL unit, two header bytes included (H.265 section 7.3.2.2.1); undefined when it is damaged. */
export function parseH265Sps(nal: Uint8Array): H265Sps | undefined {
  const plain = unescapeNal(nal.subarray(2));
  return parsed(() => read(plain));
}

function read(plain: Uint8Array): H265Sps | undefined {
  const bits = new BitReader(plain);
  bits.skip(4); // sps_video_parameter_set_id
  const maxSubLayers = bits.bits(3);
  const temporalIdNested = bits.flag();
  bits.skip(96);
  const profileTierLevel = plain.subarray(1, 13);
  skipSubLayers(bits, maxSubLayers);
  bits.ue(); // sps_seq_parameter_set_id
  const chromaFormat = bits.ue();
  if (chromaFormat === 3) bits.skip(1);
  const codedWidth = bits.ue();
  const codedHeight = bits.ue();
  const window = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = window;
  const bitDepthLuma = bits.ue() + 8;
  const bitDepthChroma = bits.ue() + 8;
  const width = codedWidth - (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1) * (left + right);
  const height = codedHeight - (chromaFormat === 1 ? 2 : 1) * (top + bottom);
  if (chromaFormat > 3 || bitDepthLuma > 16 || bitDepthChroma > 16) return undefined;
  if (width <= 0 || height <= 0 || width > 16_384 || height > 16_384) return undefined;
  const temporalLayers = maxSubLayers + 1;
  return {
    profileTierLevel,
    temporalLayers,
    temporalIdNested,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
  };
}

/** The sub-layer part of profile_tier_level(), H.265 section 7.3.3. */
function skipSubLayers(bits: BitReader, maxSubLayers: number): void {
  const present: [boolean, boolean][] = [];
  for (let i = 0; i < maxSubLayers; i += 1) present.push([bits.flag(), bits.flag()]);
  if (maxSubLayers > 0) bits.skip(2 * (8 - maxSubLayers));
  for (const [profile, level] of present) {
    if (profile) bits.skip(88);
    if (level) bits.skip(8);
  }
}
