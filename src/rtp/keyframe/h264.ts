import { readUint16 } from '../bytes.ts';
import { BitReader, withoutEmulation } from './bits.ts';
import { plausible } from './resolution.ts';
import type { Resolution } from './resolution.ts';

/** NAL unit types (H.264 table 7-1) and payload structures (RFC 6184 section 5.2). */
const idrSlice = 5;
const sequenceParameters = 7;
const stapA = 24;
const fuA = 28;

/** Profiles whose SPS carries chroma format and scaling matrices (H.264 section 7.3.2.1.1). */
const highProfiles = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);

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
  if (structure === sequenceParameters) return readSequenceParameters(payload, 1, payload.length);
  if (structure !== stapA) return undefined;
  for (let at = 1; at + 2 < payload.length; at += 2 + readUint16(payload, at)) {
    const end = Math.min(payload.length, at + 2 + readUint16(payload, at));
    if (((payload[at + 2] ?? 0) & 31) === sequenceParameters)
      return readSequenceParameters(payload, at + 3, end);
  }
  return undefined;
}

function readSequenceParameters(bytes: Uint8Array, from: number, end: number): Resolution | undefined {
  const bits = new BitReader(withoutEmulation(bytes, from, end), 0);
  const profile = bits.bits(8);
  bits.skip(16);
  bits.exponential();
  const chromaFormat = highProfiles.has(profile) ? skipChroma(bits) : 1;
  bits.exponential();
  skipPictureOrder(bits);
  bits.exponential();
  bits.skip(1);
  const widthMacroblocks = bits.exponential() + 1;
  const heightUnits = bits.exponential() + 1;
  const fieldFactor = bits.flag() ? 1 : 2;
  if (fieldFactor === 2) bits.skip(1);
  bits.skip(1);
  let width = 16 * widthMacroblocks;
  let height = 16 * heightUnits * fieldFactor;
  if (bits.flag()) {
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const cropY = (chromaFormat === 1 ? 2 : 1) * fieldFactor;
    width -= cropX * (bits.exponential() + bits.exponential());
    height -= cropY * (bits.exponential() + bits.exponential());
  }
  return bits.overrun ? undefined : plausible(width, height);
}

/** Passes chroma format, bit depths and scaling matrices; returns the chroma format, 0 when planes are coded apart. */
function skipChroma(bits: BitReader): number {
  const chromaFormat = bits.exponential();
  const separatePlanes = chromaFormat === 3 && bits.flag();
  bits.exponential();
  bits.exponential();
  bits.skip(1);
  if (bits.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list += 1) if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return separatePlanes ? 0 : chromaFormat;
}

/** H.264 section 7.3.2.1.1.1. */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let i = 0; i < size && !bits.overrun; i += 1) {
    const next = (last + bits.signedExponential() + 256) & 255;
    if (next === 0) return;
    last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.exponential();
  if (type === 0) bits.exponential();
  if (type !== 1) return;
  bits.skip(1);
  bits.exponential();
  bits.exponential();
  const cycle = bits.exponential();
  for (let i = 0; i < cycle && !bits.overrun; i += 1) bits.exponential();
}
