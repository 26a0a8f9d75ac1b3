import { vp8PatchWord } from '#src/rtp/descriptor/vp8.ts';
import type { PictureNumbers } from './packet-layers.ts';

/** What is added to a source's picture numbers for a viewer's. */
export interface PictureOffsets {
  pictureOffset: number;
  tl0Offset: number;
}

/** The bytes that a viewer's copy has in place of the picture's own numbers, left-aligned in 32 bits. */
export function patchWord(picture: PictureNumbers, offsets: Readonly<PictureOffsets>): number {
  const tl0 = picture.tl0 < 0 ? -1 : (picture.tl0 + offsets.tl0Offset) & 0xff;
  return vp8PatchWord(picture.idBits, picture.id + offsets.pictureOffset, tl0);
}

/**
 * Keeps the picture ids and TL0PICIDX that one viewer gets without a jump: receivers of VP8 take a missing id for a lost picture,
 * and frames of upper temporal layers wait for it (RFC 7741 section 4.2). Widths stay as the publisher chose them.
 */
export class PictureContinuity {
  #highestId = -1;
  #tl0 = -1;

  /** Offsets for a source that begins with this picture; `same` are those of another source of the same stream. */
  begin(
    picture: PictureNumbers | undefined,
    same: Readonly<PictureOffsets> | undefined,
    into: PictureOffsets,
  ): void {
    const tl0Offset = same?.tl0Offset;
    const hasId = picture !== undefined && picture.idBits !== 0 && this.#highestId >= 0;
    into.pictureOffset = hasId ? this.#highestId + 1 - picture.id : 0;
    const hasTl0 = picture !== undefined && picture.tl0 >= 0 && this.#tl0 >= 0;
    into.tl0Offset = tl0Offset ?? (hasTl0 ? (this.#tl0 + 1 - picture.tl0) & 0xff : 0);
  }

  /** Notes a packet that goes out and returns its {@link patchWord}. */
  note(picture: PictureNumbers, offsets: Readonly<PictureOffsets>): number {
    const id = picture.idBits === 0 ? this.#highestId : picture.id + offsets.pictureOffset;
    if (id >= this.#highestId) {
      this.#highestId = id;
      if (picture.tl0 >= 0) this.#tl0 = (picture.tl0 + offsets.tl0Offset) & 0xff;
    }
    return patchWord(picture, offsets);
  }
}
