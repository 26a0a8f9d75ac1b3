import type { CodecConfig, PayloadFormat, Picture } from './unit.ts';

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
    const length = descriptorLength(payload);
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
    const config = keyframe ? readConfig(head) : undefined;
    if (keyframe && !config) return 'damaged';
    return { keyframe, chunks: this.#chunks, sizeBytes: this.#sizeBytes, config };
  }
}

/** Length of the payload descriptor, RFC 7741 section 4.2. */
function descriptorLength(payload: Uint8Array): number {
  const [first = 0, extension = 0] = payload;
  if (!(first & 0x80)) return 1;
  let length = 2;
  if (extension & 0x80) length += (payload[2] ?? 0) & 0x80 ? 2 : 1;
  if (extension & 0x40) length += 1;
  if (extension & 0x30) length += 1;
  return length;
}

/** A keyframe begins with its tag, the start code and 14 bits each of width and height (RFC 6386 section 9.1). */
function readConfig(head: Uint8Array): CodecConfig | undefined {
  const [, , , a, b, c, w0 = 0, w1 = 0, h0 = 0, h1 = 0] = head;
  if (head.length < 10 || a !== 0x9d || b !== 0x01 || c !== 0x2a) return undefined;
  const width = (w0 | (w1 << 8)) & 0x3fff;
  const height = (h0 | (h1 << 8)) & 0x3fff;
  return width && height ? { codec: 'vp8', width, height, codecPrivate: new Uint8Array() } : undefined;
}
