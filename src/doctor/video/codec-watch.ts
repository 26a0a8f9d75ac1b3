import type { Vitals } from '#src/core/finding.ts';
import type { Codec, TapPacket } from '#src/core/media.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** Says what a codec costs, here and for viewers. */
export class CodecWatch implements Watch {
  #codec: Codec = 'h264';
  #lacksEncoder = false;

  packet({ codec }: TapPacket): void {
    this.#codec = codec;
  }

  report({ lacksEncoder = false }: Vitals): void {
    this.#lacksEncoder = lacksEncoder;
  }

  symptoms(): readonly Symptom[] {
    const codec = this.#codec;
    const refused: Symptom = { code: 'cannot-transcode', evidence: { codec } };
    if (codec === 'h264') return this.#lacksEncoder ? [refused] : [];
    const costs: Symptom = this.#lacksEncoder ? refused : { code: 'needs-transcoding', evidence: { codec } };
    return codec === 'h265' ? [costs, { code: 'codec-few-viewers', evidence: { codec } }] : [costs];
  }
}
