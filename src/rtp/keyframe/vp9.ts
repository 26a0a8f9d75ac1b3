import { BitReader } from './bits.ts';
import { plausible } from './resolution.ts';
import type { Resolution } from './resolution.ts';

const syncCode = 0x49_83_42;
const srgb = 7;

/** Fields of a VP9 payload descriptor (RFC 9628 section 4.2) that matter here. */
export interface Vp9Descriptor {
  readonly startsFrame: boolean;
  readonly interPredicted: boolean;
  readonly spatialLayer: number;
  /** Size of the largest spatial layer when a scalability structure says it. */
  readonly size: Resolution | undefined;
  readonly bytes: number;
}

/** What the beginning of a VP9 frame says (VP9 bitstream section 6.2). */
export interface Vp9FrameHeader {
  readonly keyframe: boolean;
  /** Of a key frame whose header is whole. */
  readonly size: Resolution | undefined;
}

/** Whether this is the first packet of a key frame's lowest spatial layer. */
export function vp9KeyframeStart(payload: Uint8Array): boolean {
  // First byte: I P L F B E V Z. Nearly all packets are turned away here, without reading on.
  const first = payload[0] ?? 0;
  if ((first & 0x40) !== 0 || (first & 0x08) === 0) return false;
  const descriptor = readVp9Descriptor(payload);
  if (descriptor === undefined || descriptor.spatialLayer !== 0) return false;
  return readVp9Header(payload, descriptor.bytes)?.keyframe === true;
}

/** Size from the scalability structure or else from the key frame's own header. */
export function vp9Resolution(payload: Uint8Array): Resolution | undefined {
  const descriptor = readVp9Descriptor(payload);
  if (descriptor === undefined || descriptor.interPredicted || !descriptor.startsFrame) return undefined;
  return descriptor.size ?? readVp9Header(payload, descriptor.bytes)?.size;
}

/** Reads the uncompressed header of the frame that begins at `from`; undefined for what is no frame or cut off before its type. */
export function readVp9Header(bytes: Uint8Array, from: number): Vp9FrameHeader | undefined {
  const bits = new BitReader(bytes, from);
  if (bits.bits(2) !== 2) return undefined;
  const profile = bits.bits(1) | (bits.bits(1) << 1);
  if (profile === 3) bits.skip(1);
  const showsExisting = bits.flag();
  const keyframe = !showsExisting && !bits.flag();
  if (bits.overrun) return undefined;
  return { keyframe, size: keyframe ? readSize(bits, profile) : undefined };
}

/** From show_frame to the frame size of a key frame. */
function readSize(bits: BitReader, profile: number): Resolution | undefined {
  bits.skip(2);
  if (bits.bits(24) !== syncCode) return undefined;
  skipColor(bits, profile);
  const width = bits.bits(16) + 1;
  const height = bits.bits(16) + 1;
  return bits.overrun ? undefined : plausible(width, height);
}

/** color_config(), VP9 bitstream section 6.2.2. */
function skipColor(bits: BitReader, profile: number): void {
  if (profile >= 2) bits.skip(1);
  const subsampled = (profile & 1) !== 0;
  if (bits.bits(3) !== srgb) bits.skip(subsampled ? 4 : 1);
  else if (subsampled) bits.skip(1);
}

/** Reads a payload descriptor; undefined when nothing of the frame is behind it. */
export function readVp9Descriptor(payload: Uint8Array): Vp9Descriptor | undefined {
  const first = payload[0] ?? 0;
  const flexible = (first & 0x10) !== 0;
  const interPredicted = (first & 0x40) !== 0;
  let at = 1;
  if ((first & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2;
  let spatialLayer = 0;
  if ((first & 0x20) !== 0) {
    spatialLayer = ((payload[at] ?? 0) >>> 1) & 7;
    at += flexible ? 1 : 2;
  }
  if (flexible && interPredicted) at = skipReferences(payload, at);
  const structure = (first & 0x02) === 0 ? { bytes: 0, size: undefined } : readStructure(payload, at);
  at += structure.bytes;
  if (at >= payload.length) return undefined;
  const startsFrame = (first & 0x08) !== 0;
  return { startsFrame, interPredicted, spatialLayer, size: structure.size, bytes: at };
}

/** Up to three reference differences, each saying whether one more follows. */
function skipReferences(payload: Uint8Array, from: number): number {
  let at = from;
  for (let i = 0; i < 3; i += 1) {
    at += 1;
    if (((payload[at - 1] ?? 0) & 1) === 0) break;
  }
  return at;
}

/** Scalability structure (RFC 9628 section 4.2.1). */
function readStructure(payload: Uint8Array, from: number): { bytes: number; size: Resolution | undefined } {
  const head = payload[from] ?? 0;
  const layers = (head >>> 5) + 1;
  let at = from + 1;
  let size: Resolution | undefined;
  if ((head & 0x10) !== 0) {
    at += 4 * layers;
    if (at <= payload.length) {
      const bits = new BitReader(payload, at - 4);
      size = plausible(bits.bits(16), bits.bits(16));
    }
  }
  if ((head & 0x08) !== 0) {
    const pictures = payload[at] ?? 0;
    at += 1;
    for (let i = 0; i < pictures; i += 1) at += 1 + (((payload[at] ?? 0) >>> 2) & 3);
  }
  return { bytes: at - from, size };
}
