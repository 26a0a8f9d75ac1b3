import type { Codec, TapPacket } from '#src/core/media.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** Says what a codec costs, here and for viewers. */
export class CodecWatch implements Watch {
  #codec: Codec = 'h264';

  packet({ codec }: TapPacket): void {
    this.#codec = codec;
  }

  symptoms(): readonly Symptom[] {
    const codec = this.#codec;
    if (codec === 'h264') return [];
    const costs: Symptom = { code: 'needs-transcoding', evidence: { codec } };
    return codec === 'h265' ? [costs, { code: 'codec-few-viewers', evidence: { codec } }] : [costs];
  }
}
