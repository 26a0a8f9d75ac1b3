import { BitReader } from '../keyframe/bits.ts';
import { type H264Sps, parseH264Sps } from '../keyframe/h264-sps.ts';

/** H.264 section 7.4.2: 32 sequence and 256 picture parameter sets. */
const maxPictureSets = 256;

/** The parameter sets that a stream has announced, so that slices can be read. Bounded by the ids that exist. */
export class H264ParameterSets {
  readonly #sequences = new Map<number, H264Sps>();
  /** Which sequence parameter set each picture parameter set refers to. */
  readonly #pictures = new Map<number, number>();

  /** Learns an SPS NAL unit, header byte included; undefined when it is damaged. */
  sequence(nal: Uint8Array): H264Sps | undefined {
    const sps = parseH264Sps(nal);
    if (sps) this.#sequences.set(sps.id, sps);
    return sps;
  }

  /** Learns a PPS NAL unit, header byte included; false when it is damaged. */
  picture(nal: Uint8Array): boolean {
    const bits = new BitReader(nal, 1);
    const id = bits.exponential();
    const sequence = bits.exponential();
    if (bits.overrun || id >= maxPictureSets || sequence > 31) return false;
    this.#pictures.set(id, sequence);
    return true;
  }

  /** Whether a keyframe that comes now could be decoded. */
  get complete(): boolean {
    for (const sequence of this.#pictures.values()) if (this.#sequences.has(sequence)) return true;
    return false;
  }

  /** The sequence parameter set behind a picture parameter set; undefined when one of them never came. */
  of(pictureSet: number): H264Sps | undefined {
    const sequence = this.#pictures.get(pictureSet);
    return sequence === undefined ? undefined : this.#sequences.get(sequence);
  }
}
