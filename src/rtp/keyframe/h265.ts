import { readUint16 } from '../bytes.ts';
import { parseH265Sps } from './h265-sps.ts';
import type { Resolution } from './resolution.ts';

/** NAL unit types (H.265 table 7-1) and payload structures (RFC 7798 section 4.4). */
const firstRandomAccess = 16;
const lastRandomAccess = 21;
const videoParameters = 32;
const sequenceParameters = 33;
const aggregation = 48;
const fragmentation = 49;

/** Whether decoding can start here: at a video or sequence parameter set, or at the first slice of a random access picture. */
export function h265KeyframeStart(payload: Uint8Array): boolean {
  const structure = nalType(payload, 0);
  if (structure === aggregation) {
    for (let at = 2; at + 3 < payload.length; at += 2 + readUint16(payload, at)) {
      if (startsKeyframe(payload, nalType(payload, at + 2), at + 4)) return true;
    }
    return false;
  }
  if (structure !== fragmentation) return startsKeyframe(payload, structure, 2);
  const fragment = payload[2] ?? 0;
  return (fragment & 0x80) !== 0 && startsKeyframe(payload, fragment & 63, 3);
}

/** `bodyAt` is where the content begins: its first bit is first_slice_segment_in_pic_flag. */
function startsKeyframe(payload: Uint8Array, type: number, bodyAt: number): boolean {
  if (type === videoParameters || type === sequenceParameters) return payload.length > bodyAt;
  const randomAccess = type >= firstRandomAccess && type <= lastRandomAccess;
  return randomAccess && ((payload[bodyAt] ?? 0) & 0x80) !== 0;
}

function nalType(payload: Uint8Array, at: number): number {
  return ((payload[at] ?? 0) >>> 1) & 63;
}

/** Picture size from a sequence parameter set that stands alone or in an aggregation packet. */
export function h265Resolution(payload: Uint8Array): Resolution | undefined {
  const structure = nalType(payload, 0);
  if (structure === sequenceParameters) return sizeOf(payload);
  if (structure !== aggregation) return undefined;
  for (let at = 2; at + 3 < payload.length; at += 2 + readUint16(payload, at)) {
    const end = Math.min(payload.length, at + 2 + readUint16(payload, at));
    if (nalType(payload, at + 2) === sequenceParameters) return sizeOf(payload.subarray(at + 2, end));
  }
  return undefined;
}

function sizeOf(nal: Uint8Array): Resolution | undefined {
  const sps = parseH265Sps(nal);
  return sps && { width: sps.width, height: sps.height };
}
