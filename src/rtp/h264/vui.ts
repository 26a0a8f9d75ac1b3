import type { BitReader } from '../keyframe/bits.ts';

/** What a publisher's decoder hints tell (H.264 annex E.1). */
export interface H264Usability {
  /** Pictures a second as declared, for whatever it is worth; undefined when not said. */
  readonly frameRateHz: number | undefined;
  /** Pictures that may precede another in decoding order and follow it on the screen; undefined when not said. */
  readonly reorderFrames: number | undefined;
}

const nothingSaid: H264Usability = { frameRateHz: undefined, reorderFrames: undefined };
const extendedAspectRatio = 255;
/** H.264 section A.3.1: no decoded picture buffer holds more frames. */
const maxReorderFrames = 16;

/** Reads vui_parameters() (H.264 section E.1.1); what is damaged was not said. */
export function readUsability(bits: BitReader): H264Usability {
  if (bits.flag() && bits.bits(8) === extendedAspectRatio) bits.skip(32);
  if (bits.flag()) bits.skip(1); // overscan_appropriate_flag
  if (bits.flag()) {
    bits.skip(4); // video_format, video_full_range_flag
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {
    bits.exponential(); // chroma_sample_loc_type_top_field
    bits.exponential();
  }
  const frameRateHz = bits.flag() ? readRate(bits) : undefined;
  const nalBuffering = bits.flag();
  if (nalBuffering) skipBuffering(bits);
  const vclBuffering = bits.flag();
  if (vclBuffering) skipBuffering(bits);
  if (nalBuffering || vclBuffering) bits.skip(1); // low_delay_hrd_flag
  bits.skip(1); // pic_struct_present_flag
  const reorderFrames = bits.flag() ? readReorder(bits) : undefined;
  if (bits.overrun) return nothingSaid;
  return { frameRateHz, reorderFrames };
}

/** Two ticks a frame: a tick is a field's. */
function readRate(bits: BitReader): number | undefined {
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  bits.skip(1); // fixed_frame_rate_flag
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}

/** hrd_parameters(), H.264 section E.1.2. */
function skipBuffering(bits: BitReader): void {
  const count = bits.exponential() + 1;
  bits.skip(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count && !bits.overrun; i += 1) {
    bits.exponential();
    bits.exponential();
    bits.skip(1); // cbr_flag
  }
  bits.skip(20); // lengths of delays and time offset
}

function readReorder(bits: BitReader): number | undefined {
  bits.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i += 1) bits.exponential();
  const frames = bits.exponential();
  return frames <= maxReorderFrames ? frames : undefined;
}
