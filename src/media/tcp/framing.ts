/** Bytes of the length that stands before each frame. */
export const frameHeaderBytes = 2;

/** Cuts a TCP stream into the packets that were put into it (RFC 4571 section 2), however the network split it. */
export class FrameReader {
  readonly #maxFrameBytes: number;
  /** First byte of a length whose second has not come. */
  #lengthHigh: number | undefined;
  /** A frame of which a part has come. */
  #frame: Buffer | undefined;
  #have = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next bytes and hands out every frame that they complete; frames of no length are passed over. False when a
   * frame is larger than allowed: nothing behind its length is read. A frame is a view into `chunk` where it lies in one
   * piece. `hear` may end the reading by giving back false.
   */
  read(chunk: Buffer, hear: (frame: Buffer) => boolean): boolean {
    let at = this.#frame === undefined ? 0 : this.#resume(this.#frame, chunk);
    const done = at > 0 ? this.#completed() : undefined;
    if (done !== undefined && !hear(done)) return true;
    while (at < chunk.length) {
      const length = this.#length(chunk, at);
      if (length === undefined) return true;
      if (length > this.#maxFrameBytes) return false;
      at += this.#lengthHigh === undefined ? frameHeaderBytes : 1;
      this.#lengthHigh = undefined;
      if (at + length > chunk.length) {
        this.#begin(chunk.subarray(at), length);
        return true;
      }
      if (length > 0 && !hear(chunk.subarray(at, at + length))) return true;
      at += length;
    }
    return true;
  }

  /** The length at `at`, of which one byte may have come before; undefined when its end is still to come. */
  #length(chunk: Buffer, at: number): number | undefined {
    if (this.#lengthHigh !== undefined) return (this.#lengthHigh << 8) | (chunk[at] ?? 0);
    if (at + frameHeaderBytes <= chunk.length) return chunk.readUInt16BE(at);
    this.#lengthHigh = chunk[at];
    return undefined;
  }

  /** In memory of its own, which whoever gets the frame may keep. */
  #begin(part: Buffer, length: number): void {
    this.#frame = Buffer.allocUnsafe(length);
    this.#frame.set(part);
    this.#have = part.length;
  }

  /** Says how many bytes of the chunk belonged to the frame. */
  #resume(frame: Buffer, chunk: Buffer): number {
    const wanted = Math.min(frame.length - this.#have, chunk.length);
    frame.set(chunk.subarray(0, wanted), this.#have);
    this.#have += wanted;
    return wanted;
  }

  #completed(): Buffer | undefined {
    const frame = this.#frame;
    if (frame === undefined || this.#have < frame.length) return undefined;
    this.#frame = undefined;
    return frame;
  }
}

/** Writes a frame at an offset and gives the offset behind it; there must be room. */
export function writeFrame(out: Buffer, at: number, packet: Uint8Array): number {
  out.writeUInt16BE(packet.length, at);
  out.set(packet, at + frameHeaderBytes);
  return at + frameHeaderBytes + packet.length;
}
