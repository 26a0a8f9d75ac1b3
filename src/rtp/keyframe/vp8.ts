import { plausible } from './resolution.ts';
import type { Resolution } from './resolution.ts';

/** Whether this is the first packet of a key frame (RFC 7741 sections 4.2 and 4.3: S bit, partition 0, P bit clear). */
export function vp8KeyframeStart(payload: Uint8Array): boolean {
  return ((payload[0] ?? 0) & 0x17) === 0x10 && keyFrameTag(payload) !== undefined;
}

/** Size from the key frame header (RFC 6386 section 9.1). */
export function vp8Resolution(payload: Uint8Array): Resolution | undefined {
  const at = vp8KeyframeStart(payload) ? keyFrameTag(payload) : undefined;
  if (at === undefined || at + 10 > payload.length) return undefined;
  if (payload[at + 3] !== 0x9d || payload[at + 4] !== 0x01 || payload[at + 5] !== 0x2a) return undefined;
  const width = (payload[at + 6] ?? 0) | (((payload[at + 7] ?? 0) & 0x3f) << 8);
  const height = (payload[at + 8] ?? 0) | (((payload[at + 9] ?? 0) & 0x3f) << 8);
  return plausible(width, height);
}

/** Where the frame tag of a key frame stands; undefined for other frames. */
function keyFrameTag(payload: Uint8Array): number | undefined {
  let at = 1;
  if (((payload[0] ?? 0) & 0x80) !== 0) {
    const present = payload[1] ?? 0;
    at = 2;
    if ((present & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2;
    if ((present & 0x40) !== 0) at += 1;
    if ((present & 0x30) !== 0) at += 1;
  }
  const tag = payload[at];
  return tag !== undefined && (tag & 1) === 0 ? at : undefined;
}
