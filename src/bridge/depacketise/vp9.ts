import { readVp9Descriptor, readVp9Header } from '#src/rtp/keyframe/vp9.ts';
import type { PayloadFormat, Picture } from './unit.ts';

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
    const descriptor = readVp9Descriptor(payload);
    if (!descriptor) return false;
    if (descriptor.spatialLayer > 0) return true;
    if (this.#chunks.length === 0) this.#startsClean = descriptor.startsFrame;
    const body = payload.subarray(descriptor.bytes);
    this.#chunks.push(body);
    this.#sizeBytes += body.length;
    return true;
  }

  finish(): Picture | 'damaged' | undefined {
    const head = this.#chunks[0];
    if (!head) return undefined;
    if (!this.#startsClean) return 'damaged';
    const header = readVp9Header(head, 0);
    if (!header || (header.keyframe && !header.size)) return 'damaged';
    const { keyframe, size } = header;
    const config = size && ({ codec: 'vp9', ...size, codecPrivate: new Uint8Array() } as const);
    return { keyframe, chunks: this.#chunks, sizeBytes: this.#sizeBytes, config };
  }
}
