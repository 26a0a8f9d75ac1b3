import { BitCursor } from './bit-cursor.ts';
import { DependencyStructure, maxDecodeTargets } from './dependency-structure.ts';

/** References of one frame that are kept; those beyond are counted only. */
const maxReferences = 8;

/**
 * The dependency descriptor of one packet (AV1 RTP specification, appendix A), parsed in place. One object serves one SSRC: it
 * remembers the template structure that the last key frame brought, which every later descriptor refers to. The fields mean
 * nothing after a parse that returned false.
 *
 * What it says about chains is passed over: a chain tells a receiver that something is missing, and whoever forwards complete
 * layers has nothing to learn from it.
 */
export class DependencyDescriptor {
  readonly structure = new DependencyStructure();
  startsFrame = false;
  endsFrame = false;
  /** 16 bits. */
  frameNumber = 0;
  spatial = 0;
  temporal = 0;
  /** Index into the structure's templates. */
  template = 0;
  /** The packet brought a structure. */
  broughtStructure = false;
  /** Decode targets that the publisher produces now, by their bits, as the last descriptor that named them said. */
  activeTargets = 0;
  /** Distances in frame numbers to the frames that this one refers to. */
  readonly references = new Uint16Array(maxReferences);
  /** May be larger than {@link references} is. */
  referenceCount = 0;
  /** The descriptor says itself what the frame is to each decode target; else its template does. */
  hasOwnIndications = false;
  readonly #indications = new Uint8Array(maxDecodeTargets);
  readonly #bits = new BitCursor();
  #structureSequence = -1;

  /**
   * Reads the element at `from` of the packet with this extended sequence number. False without a structure it could refer to,
   * and for what is none.
   */
  parse(bytes: Uint8Array, from: number, length: number, sequence: number): boolean {
    const bits = this.#bits;
    bits.open(bytes, from, from + length);
    this.startsFrame = bits.flag();
    this.endsFrame = bits.flag();
    const templateId = bits.bits(6);
    this.frameNumber = bits.bits(16);
    this.broughtStructure = false;
    this.hasOwnIndications = false;
    if (bits.overrun) return false;
    const flags = length > 3 ? bits.bits(5) : 0;
    if ((flags & 0x10) !== 0 && !this.#structure(sequence)) return false;
    const { structure } = this;
    if (structure.templates === 0) return false;
    if ((flags & 0x08) !== 0) {
      const high = structure.targets > 16 ? bits.bits(structure.targets - 16) : 0;
      this.activeTargets = ((high << 16) | bits.bits(Math.min(16, structure.targets))) >>> 0;
    }
    const template = (templateId + 64 - structure.templateOffset) % 64;
    if (template >= structure.templates) return false;
    this.template = template;
    this.spatial = structure.spatial[template] ?? 0;
    this.temporal = structure.temporal[template] ?? 0;
    if ((flags & 0x04) !== 0) this.#ownIndications();
    if ((flags & 0x02) !== 0) this.#ownReferences();
    else this.#templateReferences();
    return !bits.overrun;
  }

  /** What the frame is to a decode target. */
  indication(target: number): number {
    if (this.hasOwnIndications) return this.#indications[target] ?? 0;
    return this.structure.indication(this.template, target);
  }

  /** A structure that comes late, as a repetition, must not replace the one of a newer key frame. */
  #structure(sequence: number): boolean {
    if (sequence < this.#structureSequence) return false;
    const { structure } = this;
    if (!structure.parse(this.#bits)) return false;
    this.#structureSequence = sequence;
    this.broughtStructure = true;
    this.activeTargets = structure.targets === 32 ? 0xffff_ffff : (1 << structure.targets) - 1;
    return true;
  }

  #ownIndications(): void {
    this.hasOwnIndications = true;
    for (let target = 0; target < this.structure.targets; target += 1) {
      this.#indications[target] = this.#bits.bits(2);
    }
  }

  #ownReferences(): void {
    const bits = this.#bits;
    this.referenceCount = 0;
    for (let nibbles = bits.bits(2); nibbles !== 0 && !bits.overrun; nibbles = bits.bits(2)) {
      const distance = bits.bits(4 * nibbles) + 1;
      if (this.referenceCount < maxReferences) this.references[this.referenceCount] = distance;
      this.referenceCount += 1;
    }
  }

  #templateReferences(): void {
    const { structure, template } = this;
    this.referenceCount = structure.referenceCount[template] ?? 0;
    for (let i = 0; i < Math.min(this.referenceCount, maxReferences); i += 1) {
      this.references[i] = structure.reference(template, i);
    }
  }
}
