import { plausible } from './resolution.ts';
import type { Resolution } from './resolution.ts';

/** Whether this is the first packet of a key frame (RFC 7741 sections 4.2 and 4.3: S bit, partition 0, P bit clear). */
export function vp8KeyframeStart(payload: Uint8Array): boolean {
  if (((payload[0] ?? 0) & 0x17) !== 0x10) return false;
  const tag = payload[vp8DescriptorBytes(payload)];
  return tag !== undefined && (tag & 1) === 0;
}

/** Size from the key frame header. */
export function vp8Resolution(payload: Uint8Array): Resolution | undefined {
  return vp8KeyframeStart(payload) ? vp8FrameSize(payload, vp8DescriptorBytes(payload)) : undefined;
}

/** Size that the key frame beginning at `at` says: its tag, the start code, 14 bits each (RFC 6386 section 9.1). */
export function vp8FrameSize(bytes: Uint8Array, at: number): Resolution | undefined {
  if (at + 10 > bytes.length) return undefined;
  if (bytes[at + 3] !== 0x9d || bytes[at + 4] !== 0x01 || bytes[at + 5] !== 0x2a) return undefined;
  const width = (bytes[at + 6] ?? 0) | (((bytes[at + 7] ?? 0) & 0x3f) << 8);
  const height = (bytes[at + 8] ?? 0) | (((bytes[at + 9] ?? 0) & 0x3f) << 8);
  return plausible(width, height);
}

/** Length of the payload descriptor (RFC 7741 section 4.2); may point beyond a payload that was cut off. */
export function vp8DescriptorBytes(payload: Uint8Array): number {
  if (((payload[0] ?? 0) & 0x80) === 0) return 1;
  const present = payload[1] ?? 0;
  let bytes = 2;
  if ((present & 0x80) !== 0) bytes += ((payload[bytes] ?? 0) & 0x80) === 0 ? 1 : 2;
  if ((present & 0x40) !== 0) bytes += 1;
  if ((present & 0x30) !== 0) bytes += 1;
  return bytes;
}
