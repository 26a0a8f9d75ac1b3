import { vp8DescriptorBytes, vp8FrameSize } from '#src/rtp/keyframe/vp8.ts';
import type { PayloadFormat, Picture } from './unit.ts';

/** VP8 over RTP (RFC 7741): strips the descriptors and joins the partitions. */
export class Vp8Format implements PayloadFormat {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #startsClean = false;

  begin(): void {
    this.#chunks = [];
    this.#sizeBytes = 0;
    this.#startsClean = false;
  }

  add(payload: Uint8Array): boolean {
    const length = vp8DescriptorBytes(payload);
    if (length >= payload.length) return false;
    const first = payload[0] ?? 0;
    // S bit and partition 0: the frame's beginning (section 4.2).
    if (this.#chunks.length === 0) this.#startsClean = (first & 0x17) === 0x10;
    const body = payload.subarray(length);
    this.#chunks.push(body);
    this.#sizeBytes += body.length;
    return true;
  }

  finish(): Picture | 'damaged' | undefined {
    const head = this.#chunks[0];
    if (!head) return undefined;
    if (!this.#startsClean) return 'damaged';
    const keyframe = ((head[0] ?? 1) & 1) === 0;
    const size = keyframe ? vp8FrameSize(head, 0) : undefined;
    if (keyframe && !size) return 'damaged';
    const config = size && ({ codec: 'vp8', ...size, codecPrivate: new Uint8Array() } as const);
    return { keyframe, chunks: this.#chunks, sizeBytes: this.#sizeBytes, config };
  }
}
