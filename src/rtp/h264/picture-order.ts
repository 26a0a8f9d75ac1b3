import type { H264Sps } from '../keyframe/h264-sps.ts';
import type { H264SliceHeader } from './slice.ts';

/** What the NAL header of a picture's slices says. */
export interface H264PictureKind {
  readonly idr: boolean;
  /** nal_ref_idc is not 0: other pictures may refer to it. */
  readonly reference: boolean;
}

/**
 * Picture order counts of one stream, one per picture in decoding order (H.264 section 8.2.1, types 0 and 2). They begin anew
 * at every IDR picture. The reset by memory_management_control_operation 5 is not followed: no encoder for live streams uses it.
 */
export class H264PictureOrder {
  /** Of the last reference picture. */
  #msb = 0;
  #lsb = 0;
  #frameNumber = 0;
  #frameNumberOffset = 0;

  /** The picture's place on the screen, counted from its IDR picture; undefined where this stream does not tell in a way we read. */
  next(header: H264SliceHeader, { idr, reference }: H264PictureKind, sps: H264Sps): number | undefined {
    if (header.field) return undefined;
    switch (sps.pictureOrder.type) {
      case 0:
        return this.#byLsb(header.orderLsb, { idr, reference }, 2 ** sps.pictureOrder.lsbBits);
      case 1:
        return undefined;
      case 2:
        return this.#byFrameNumber(header.frameNumber, { idr, reference }, 2 ** sps.frameNumberBits);
    }
  }

  /** Section 8.2.1.1. */
  #byLsb(lsb: number, { idr, reference }: H264PictureKind, modulo: number): number {
    if (idr) {
      this.#msb = 0;
      this.#lsb = 0;
    }
    let msb = this.#msb;
    if (lsb < this.#lsb && this.#lsb - lsb >= modulo / 2) msb += modulo;
    else if (lsb > this.#lsb && lsb - this.#lsb > modulo / 2) msb -= modulo;
    if (reference) {
      this.#msb = msb;
      this.#lsb = lsb;
    }
    return msb + lsb;
  }

  /** Section 8.2.1.3. */
  #byFrameNumber(frameNumber: number, { idr, reference }: H264PictureKind, modulo: number): number {
    if (idr) this.#frameNumberOffset = 0;
    else if (frameNumber < this.#frameNumber) this.#frameNumberOffset += modulo;
    this.#frameNumber = frameNumber;
    if (idr) return 0;
    return 2 * (this.#frameNumberOffset + frameNumber) - (reference ? 0 : 1);
  }
}
