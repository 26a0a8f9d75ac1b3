import { BitReader } from './bits.ts';
import { plausible } from './resolution.ts';

/** What an AV1 sequence header says about the pictures. */
export interface Av1Sequence {
  readonly profile: number;
  readonly level: number;
  readonly tier: number;
  readonly highBitDepth: number;
  readonly twelveBit: number;
  readonly monochrome: number;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly samplePosition: number;
  /** Largest frame size. */
  readonly width: number;
  readonly height: number;
}

/** Reads sequence_header_obu() without its OBU header (AV1 section 5.5.1); undefined when it is damaged. */
export function parseAv1Sequence(body: Uint8Array): Av1Sequence | undefined {
  const bits = new BitReader(body, 0);
  const profile = bits.bits(3);
  bits.skip(1); // still_picture
  const reduced = bits.flag();
  const { level, tier } = reduced ? { level: bits.bits(5), tier: 0 } : readOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  const size = plausible(bits.bits(widthBits) + 1, bits.bits(heightBits) + 1);
  if (!reduced && bits.flag()) bits.skip(7); // frame ids
  bits.skip(3); // 128x128 superblocks, filter intra, intra edge filter
  if (!reduced) skipTools(bits);
  bits.skip(3); // superres, cdef, restoration
  const colour = readColour(bits, profile);
  return bits.overrun || size === undefined ? undefined : { profile, level, tier, ...colour, ...size };
}

function readOperatingPoints(bits: BitReader): { level: number; tier: number } {
  let delayBits = 0;
  let decoderModel = false;
  if (bits.flag()) {
    bits.skip(64);
    if (bits.flag()) bits.exponential();
    decoderModel = bits.flag();
    if (decoderModel) {
      delayBits = bits.bits(5) + 1;
      bits.skip(42);
    }
  }
  const displayDelay = bits.flag();
  const points = bits.bits(5) + 1;
  let first = { level: 0, tier: 0 };
  for (let i = 0; i < points && !bits.overrun; i += 1) {
    bits.skip(12);
    const level = bits.bits(5);
    const tier = level > 7 ? bits.bits(1) : 0;
    if (i === 0) first = { level, tier };
    if (decoderModel && bits.flag()) bits.skip(2 * delayBits + 1);
    if (displayDelay && bits.flag()) bits.skip(4);
  }
  return first;
}

function skipTools(bits: BitReader): void {
  bits.skip(4); // interintra, masked compound, warped motion, dual filter
  const orderHint = bits.flag();
  if (orderHint) bits.skip(2); // jnt_comp, ref_frame_mvs
  const screenContent = bits.flag() || bits.flag();
  if (screenContent && !bits.flag()) bits.skip(1); // integer_mv
  if (orderHint) bits.skip(3);
}

/** color_config(), AV1 section 5.5.2. */
function readColour(
  bits: BitReader,
  profile: number,
): Omit<Av1Sequence, 'profile' | 'level' | 'tier' | 'width' | 'height'> {
  const highBitDepth = bits.bits(1);
  const twelveBit = profile === 2 && highBitDepth ? bits.bits(1) : 0;
  const monochrome = profile === 1 ? 0 : bits.bits(1);
  const [primaries, transfer, matrix] = bits.flag() ? [bits.bits(8), bits.bits(8), bits.bits(8)] : [2, 2, 2];
  const common = { highBitDepth, twelveBit, monochrome, samplePosition: 0 };
  if (monochrome) return { ...common, subsamplingX: 1, subsamplingY: 1 };
  if (primaries === 1 && transfer === 13 && matrix === 0)
    return { ...common, subsamplingX: 0, subsamplingY: 0 };
  bits.skip(1); // color_range
  const [subsamplingX, subsamplingY] = readSubsampling(bits, profile, twelveBit);
  const samplePosition = subsamplingX && subsamplingY ? bits.bits(2) : 0;
  return { ...common, subsamplingX, subsamplingY, samplePosition };
}

function readSubsampling(bits: BitReader, profile: number, twelveBit: number): [number, number] {
  if (profile === 0) return [1, 1];
  if (profile === 1) return [0, 0];
  if (!twelveBit) return [1, 0];
  const x = bits.bits(1);
  return [x, x ? bits.bits(1) : 0];
}
