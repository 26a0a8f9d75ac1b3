/** Larger ones are no movie fragment of one picture: nothing more is learnt of that stream. */
const mostMoofBytes = 64 * 1024;

/**
 * Follows a byte stream of fragmented MP4 from box to box (ISO/IEC 14496-12 section 4.2) and remembers when the last fragment that
 * is complete begins: pictures up to there have come out. Copies nothing but the moof boxes.
 */
export class FragmentWatch {
  readonly #head = Buffer.alloc(8);
  #headBytes = 0;
  /** Of the box that is being passed. */
  #restBytes = 0;
  #type = '';
  #moof = Buffer.alloc(0);
  #moofBytes = 0;
  /** Of the fragment whose mdat has not passed yet. */
  #nextTicks: number | undefined;
  #lastTicks: number | undefined;
  #lost = false;

  /** The decoding time (tfdt) of the last complete fragment, in ticks of its track; undefined before the first. */
  get lastTicks(): number | undefined {
    return this.#lastTicks;
  }

  /** Takes the next bytes, cut anywhere. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#lost;) {
      at += this.#restBytes === 0 ? this.#begin(chunk, at) : this.#pass(chunk, at);
    }
  }

  /** Bytes of a box's header. */
  #begin(chunk: Uint8Array, at: number): number {
    const taken = Math.min(8 - this.#headBytes, chunk.length - at);
    this.#head.set(chunk.subarray(at, at + taken), this.#headBytes);
    this.#headBytes += taken;
    if (this.#headBytes < 8) return taken;
    this.#headBytes = 0;
    this.#restBytes = this.#head.readUInt32BE(0) - 8;
    this.#type = this.#head.toString('latin1', 4, 8);
    const isMoof = this.#type === 'moof';
    // Sizes below 8 mean 64 bits or "up to the end" (section 4.2.2): nobody writes a picture so.
    this.#lost = this.#restBytes < 0 || (isMoof && this.#restBytes > mostMoofBytes);
    if (isMoof && !this.#lost) this.#moof = Buffer.alloc(this.#restBytes);
    this.#moofBytes = 0;
    if (this.#restBytes === 0) this.#end();
    return taken;
  }

  /** Bytes of a box's content. */
  #pass(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#restBytes, chunk.length - at);
    if (this.#type === 'moof') {
      this.#moof.set(chunk.subarray(at, at + taken), this.#moofBytes);
      this.#moofBytes += taken;
    }
    this.#restBytes -= taken;
    if (this.#restBytes === 0) this.#end();
    return taken;
  }

  #end(): void {
    if (this.#type === 'moof') this.#nextTicks = decodeTicks(this.#moof);
    if (this.#type === 'mdat') this.#lastTicks = this.#nextTicks ?? this.#lastTicks;
  }
}

/** baseMediaDecodeTime (section 8.8.12) of the first track fragment. */
function decodeTicks(moof: Buffer): number | undefined {
  const traf = child(moof, 'traf');
  const tfdt = traf && child(traf, 'tfdt');
  if (!tfdt || tfdt.length < 8) return undefined;
  if (tfdt[0] === 0) return tfdt.readUInt32BE(4);
  return tfdt.length < 12 ? undefined : Number(tfdt.readBigUInt64BE(4));
}

/** Content of the first box of this type among these. */
function child(boxes: Buffer, type: string): Buffer | undefined {
  for (let at = 0; at + 8 <= boxes.length;) {
    const sizeBytes = boxes.readUInt32BE(at);
    if (sizeBytes < 8) return undefined;
    if (boxes.toString('latin1', at + 4, at + 8) === type) return boxes.subarray(at + 8, at + sizeBytes);
    at += sizeBytes;
  }
  return undefined;
}
