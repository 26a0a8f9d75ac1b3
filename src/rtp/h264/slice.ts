import { BitReader, withoutEmulation } from '../keyframe/bits.ts';
import type { H264Sps } from '../keyframe/h264-sps.ts';

/** What the beginning of a slice header tells of its picture (H.264 section 7.3.3). */
export interface H264SliceHeader {
  /** Some picture that is shown later may have been decoded before: a B slice. */
  readonly bidirectional: boolean;
  readonly parameterSet: number;
  readonly frameNumber: number;
  /** It is one field of a picture. */
  readonly field: boolean;
  /** pic_order_cnt_lsb; 0 where the sequence codes the order in another way. */
  readonly orderLsb: number;
}

/** The fields that are read fit into this many bytes, emulation prevention included. */
const headerBytes = 40;
const maxParameterSet = 255;
const bSlice = 1;

/** Which picture parameter set a slice refers to; undefined when the slice is damaged. `bodyAt` is behind the NAL header. */
export function sliceParameterSet(bytes: Uint8Array, bodyAt: number): number | undefined {
  const bits = new BitReader(bytes, bodyAt, bodyAt + headerBytes);
  bits.exponential(); // first_mb_in_slice
  bits.exponential(); // slice_type
  const id = bits.exponential();
  return bits.overrun || id > maxParameterSet ? undefined : id;
}

/** Where a slice lies and what its NAL header said. */
export interface H264SlicePlace {
  readonly bytes: Uint8Array;
  /** Behind the NAL header. */
  readonly bodyAt: number;
  readonly idr: boolean;
}

/** Reads a slice header up to the picture order; undefined when it is damaged. */
export function readSliceHeader(
  { bytes, bodyAt, idr }: H264SlicePlace,
  sps: H264Sps,
): H264SliceHeader | undefined {
  const end = Math.min(bytes.length, bodyAt + headerBytes);
  const bits = new BitReader(withoutEmulation(bytes, bodyAt, end), 0);
  bits.exponential(); // first_mb_in_slice
  const type = bits.exponential();
  const parameterSet = bits.exponential();
  if (sps.separateColours) bits.skip(2);
  const frameNumber = bits.bits(sps.frameNumberBits);
  const field = !sps.framesOnly && bits.flag();
  if (field) bits.skip(1); // bottom_field_flag
  if (idr) bits.exponential(); // idr_pic_id
  const orderLsb = sps.pictureOrder.type === 0 ? bits.bits(sps.pictureOrder.lsbBits) : 0;
  if (bits.overrun || type > 9 || parameterSet > maxParameterSet) return undefined;
  return { bidirectional: type % 5 === bSlice, parameterSet, frameNumber, field, orderLsb };
}
