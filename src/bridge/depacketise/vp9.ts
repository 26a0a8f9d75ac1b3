import { BitReader, OutOfBits, parsed } from './bits.ts';
import type { CodecConfig, PayloadFormat, Picture } from './unit.ts';

/**
 * VP9 over RTP (RFC 9628): strips the descriptors and joins the frame. Of several spatial layers only the lowest is
 * kept: it decodes alone, and a decoder would show every layer as a picture of its own size.
 */
export class Vp9Format implements PayloadFormat {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #startsClean = false;

  begin(): void {
    this.#chunks = [];
    this.#sizeBytes = 0;
    this.#startsClean = false;
  }

  add(payload: Uint8Array): boolean {
    const descriptor = parsed(() => readDescriptor(payload));
    if (!descriptor || descriptor.lengthBytes >= payload.length) return false;
    if (descriptor.spatialLayer > 0) return true;
    if (this.#chunks.length === 0) this.#startsClean = descriptor.begins;
    const body = payload.subarray(descriptor.lengthBytes);
    this.#chunks.push(body);
    this.#sizeBytes += body.length;
    return true;
  }

  finish(): Picture | 'damaged' | undefined {
    const head = this.#chunks[0];
    if (!head) return undefined;
    if (!this.#startsClean) return 'damaged';
    const header = parsed(() => readHeader(head));
    if (!header) return 'damaged';
    const { keyframe, config } = header;
    return { keyframe, chunks: this.#chunks, sizeBytes: this.#sizeBytes, config };
  }
}

interface Descriptor {
  readonly lengthBytes: number;
  readonly begins: boolean;
  readonly spatialLayer: number;
}

/** The payload descriptor, RFC 9628 section 4.2. */
function readDescriptor(payload: Uint8Array): Descriptor {
  let at = 0;
  const next = (): number => {
    const byte = payload[at];
    if (byte === undefined) throw new OutOfBits('descriptor ends early');
    at += 1;
    return byte;
  };
  const flags = next();
  if (flags & 0x80 && next() & 0x80) next();
  let spatialLayer = 0;
  if (flags & 0x20) {
    spatialLayer = (next() >> 1) & 7;
    if (!(flags & 0x10)) next(); // TL0PICIDX, non-flexible mode only
  }
  if (flags & 0x10 && flags & 0x40) {
    for (let i = 0; i < 3 && next() & 1; i += 1);
  }
  if (flags & 0x02) skipScalability(next);
  return { lengthBytes: at, begins: (flags & 0x08) !== 0, spatialLayer };
}

/** The scalability structure, RFC 9628 section 4.2.1. */
function skipScalability(next: () => number): void {
  const flags = next();
  const layers = (flags >> 5) + 1;
  if (flags & 0x10) for (let i = 0; i < layers * 4; i += 1) next();
  if (!(flags & 0x08)) return;
  const pictures = next();
  for (let i = 0; i < pictures; i += 1) {
    const references = (next() >> 2) & 3;
    for (let j = 0; j < references; j += 1) next();
  }
}

/** The uncompressed header's beginning, VP9 bitstream specification section 6.2. */
function readHeader(head: Uint8Array): { keyframe: boolean; config: CodecConfig | undefined } | undefined {
  const bits = new BitReader(head);
  if (bits.bits(2) !== 2) return undefined;
  const profile = bits.bit() + bits.bit() * 2;
  if (profile === 3) bits.skip(1);
  if (bits.flag()) return { keyframe: false, config: undefined }; // show_existing_frame
  const keyframe = !bits.flag();
  if (!keyframe) return { keyframe, config: undefined };
  bits.skip(2); // show_frame, error_resilient_mode
  if (bits.bits(24) !== 0x498342) return undefined;
  skipColour(bits, profile);
  const width = bits.bits(16) + 1;
  const height = bits.bits(16) + 1;
  return { keyframe, config: { codec: 'vp9', width, height, codecPrivate: new Uint8Array() } };
}

/** color_config(), VP9 bitstream specification section 6.2.2. */
function skipColour(bits: BitReader, profile: number): void {
  const odd = profile === 1 || profile === 3;
  if (profile >= 2) bits.skip(1);
  if (bits.bits(3) === 7) bits.skip(odd ? 1 : 0);
  else bits.skip(odd ? 4 : 1);
}
