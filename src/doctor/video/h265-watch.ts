import type { TapPacket } from '#src/core/media.ts';
import { readUint16 } from '#src/rtp/bytes.ts';
import { h265ReorderPictures } from '#src/rtp/keyframe/h265-sps.ts';
import type { Symptom, Watch } from '../symptom.ts';

const sequenceSet = 33;
const aggregation = 48;

/** Reads what the sequence parameter sets of H.265 say about the order of pictures. */
export class H265Watch implements Watch {
  #reorderPictures = 0;

  /** Pictures come in another order than they are shown: encoders for H.265 declare it truly. */
  get bFrames(): boolean {
    return this.#reorderPictures > 0;
  }

  packet({ codec, payload }: TapPacket): void {
    if (codec !== 'h265') return;
    const structure = typeOf(payload, 0);
    if (structure === sequenceSet) this.#read(payload);
    if (structure !== aggregation) return;
    for (let at = 2; at + 3 < payload.length; at += 2 + readUint16(payload, at)) {
      if (typeOf(payload, at + 2) !== sequenceSet) continue;
      this.#read(payload.subarray(at + 2, at + 2 + readUint16(payload, at)));
    }
  }

  symptoms(): readonly Symptom[] {
    if (!this.bFrames) return [];
    return [{ code: 'b-frames', evidence: { reorderFrames: this.#reorderPictures } }];
  }

  #read(nal: Uint8Array): void {
    this.#reorderPictures = h265ReorderPictures(nal) ?? this.#reorderPictures;
  }
}

function typeOf(payload: Uint8Array, at: number): number {
  return ((payload[at] ?? 0) >>> 1) & 63;
}
