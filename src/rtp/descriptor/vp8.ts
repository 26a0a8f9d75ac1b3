import { writeUint16 } from '../bytes.ts';

/** How many bits a picture id has on the wire; 0 when there is none. */
export type PictureIdBits = 0 | 7 | 15;

/**
 * A VP8 payload descriptor (RFC 7741 section 4.2), parsed in place. Made once and filled again for every packet; the fields mean
 * nothing after a parse that returned false.
 */
export class Vp8Descriptor {
  /** First packet of a frame: the S bit, and partition 0. */
  startsFrame = false;
  idBits: PictureIdBits = 0;
  /** As on the wire. */
  pictureId = 0;
  /** TL0PICIDX, -1 when there is none. */
  tl0 = -1;
  /** TID, 0 when there is none. */
  temporal = 0;
  /** Y: the frame depends on frames of the base layer alone. */
  layerSync = false;
  /** Where picture id and TL0PICIDX are, one behind the other, and how many bytes they have together. */
  patchAt = 0;
  patchBytes = 0;

  parse(payload: Uint8Array): boolean {
    const first = payload[0] ?? 0;
    this.startsFrame = (first & 0x17) === 0x10;
    this.idBits = 0;
    this.pictureId = 0;
    this.tl0 = -1;
    this.temporal = 0;
    this.layerSync = false;
    this.patchAt = 0;
    this.patchBytes = 0;
    if ((first & 0x80) === 0) return payload.length > 1;
    return this.#extended(payload, payload[1] ?? 0) < payload.length;
  }

  /** What the X bit announced; returns where the frame's bytes begin. */
  #extended(payload: Uint8Array, present: number): number {
    let at = 2;
    this.patchAt = at;
    if ((present & 0x80) !== 0) at += this.#pictureId(payload, at);
    if ((present & 0x40) !== 0) {
      this.tl0 = payload[at] ?? 0;
      at += 1;
    }
    this.patchBytes = at - this.patchAt;
    if ((present & 0x30) !== 0) {
      // The byte is there for TID or KEYIDX; without the T bit its upper half means nothing.
      if ((present & 0x20) !== 0) {
        const layers = payload[at] ?? 0;
        this.temporal = layers >>> 6;
        this.layerSync = (layers & 0x20) !== 0;
      }
      at += 1;
    }
    return at;
  }

  #pictureId(payload: Uint8Array, at: number): number {
    const high = payload[at] ?? 0;
    if ((high & 0x80) === 0) {
      this.idBits = 7;
      this.pictureId = high;
      return 1;
    }
    this.idBits = 15;
    this.pictureId = ((high & 0x7f) << 8) | (payload[at + 1] ?? 0);
    return 2;
  }
}

/** The bytes of picture id and TL0PICIDX (-1 for none) as they stand in a descriptor, left-aligned in 32 bits. */
export function vp8PatchWord(idBits: PictureIdBits, pictureId: number, tl0: number): number {
  const index = tl0 < 0 ? 0 : tl0 & 0xff;
  if (idBits === 15) return (((0x8000 | (pictureId & 0x7fff)) << 16) | (index << 8)) >>> 0;
  if (idBits === 7) return (((pictureId & 0x7f) << 24) | (index << 16)) >>> 0;
  return (index << 24) >>> 0;
}

/** Writes the first bytes of a left-aligned word, as an engine does it for every viewer. */
export function writePatch(into: Uint8Array, at: number, bytes: number, word: number): void {
  if (bytes >= 2) writeUint16(into, at, word >>> 16);
  else if (bytes === 1) into[at] = word >>> 24;
  if (bytes >= 3) into[at + 2] = (word >>> 8) & 0xff;
  if (bytes >= 4) into[at + 3] = word & 0xff;
}
