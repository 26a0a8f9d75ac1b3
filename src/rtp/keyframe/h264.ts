import { readUint16 } from '../bytes.ts';
import { parseH264Sps } from './h264-sps.ts';
import type { Resolution } from './resolution.ts';

/** NAL unit types (H.264 table 7-1) and payload structures (RFC 6184 section 5.2). */
const idrSlice = 5;
const sequenceParameters = 7;
const stapA = 24;
const fuA = 28;

/**
 * Whether decoding can start here: at a sequence parameter set, which in RTC streams stands only before an IDR picture, or at
 * the first slice of an IDR picture (later slices of it cannot be decoded alone).
 */
export function h264KeyframeStart(payload: Uint8Array): boolean {
  const structure = (payload[0] ?? 0) & 31;
  if (structure === stapA) {
    for (let at = 1; at + 2 < payload.length; at += 2 + readUint16(payload, at)) {
      if (startsKeyframe(payload, (payload[at + 2] ?? 0) & 31, at + 3)) return true;
    }
    return false;
  }
  if (structure !== fuA) return startsKeyframe(payload, structure, 1);
  const fragment = payload[1] ?? 0;
  return (fragment & 0x80) !== 0 && startsKeyframe(payload, fragment & 31, 2);
}

/** `bodyAt` is where the NAL unit's content begins: first_mb_in_slice is 0 when the first bit is set. */
function startsKeyframe(payload: Uint8Array, type: number, bodyAt: number): boolean {
  if (type === sequenceParameters) return payload.length > bodyAt;
  return type === idrSlice && ((payload[bodyAt] ?? 0) & 0x80) !== 0;
}

/** Picture size from a sequence parameter set that stands alone or in an aggregation packet. */
export function h264Resolution(payload: Uint8Array): Resolution | undefined {
  const structure = (payload[0] ?? 0) & 31;
  if (structure === sequenceParameters) return sizeOf(payload);
  if (structure !== stapA) return undefined;
  for (let at = 1; at + 2 < payload.length; at += 2 + readUint16(payload, at)) {
    const end = Math.min(payload.length, at + 2 + readUint16(payload, at));
    if (((payload[at + 2] ?? 0) & 31) === sequenceParameters) return sizeOf(payload.subarray(at + 2, end));
  }
  return undefined;
}

function sizeOf(nal: Uint8Array): Resolution | undefined {
  const sps = parseH264Sps(nal);
  return sps && { width: sps.width, height: sps.height };
}
