import type { BitCursor } from './bit-cursor.ts';

/** Bounds of the format (AV1 RTP specification, appendix A.8.3). */
const maxTemplates = 64;
/** Decode targets that a structure can have. */
export const maxDecodeTargets = 32;
const maxSpatialLayers = 4;
const maxTemporalLayers = 8;
/** References of a template that are kept; encoders of three buffers and more use fewer. */
const maxTemplateReferences = 8;

/** What a frame is to a decode target. */
export const indications = { notPresent: 0, discardable: 1, switch: 2, required: 3 } as const;

/**
 * A template dependency structure (AV1 RTP specification, appendix A.8.3): the kinds of frames that follow, which layers they
 * belong to, which they refer to, and what they are to each decode target. Filled again by every key frame.
 */
export class DependencyStructure {
  /** 0 before the first one came, and after one that was damaged. */
  templates = 0;
  targets = 0;
  templateOffset = 0;
  maxSpatial = 0;
  maxTemporal = 0;
  readonly spatial = new Uint8Array(maxTemplates);
  readonly temporal = new Uint8Array(maxTemplates);
  readonly referenceCount = new Uint8Array(maxTemplates);
  /** Highest layers of the frames that each decode target has. */
  readonly targetSpatial = new Uint8Array(maxDecodeTargets);
  readonly targetTemporal = new Uint8Array(maxDecodeTargets);
  /** Spatial layers that the structure named sizes for; 0 when it did not. */
  sizes = 0;
  readonly widths = new Uint16Array(maxSpatialLayers);
  readonly heights = new Uint16Array(maxSpatialLayers);
  readonly #references = new Uint8Array(maxTemplates * maxTemplateReferences);
  readonly #indications = new Uint8Array(maxTemplates * maxDecodeTargets);

  /** What frames of this template are to a decode target. */
  indication(template: number, target: number): number {
    return this.#indications[template * maxDecodeTargets + target] ?? 0;
  }

  /** Distance in frame numbers to the template's reference number `index`. */
  reference(template: number, index: number): number {
    return this.#references[template * maxTemplateReferences + index] ?? 0;
  }

  /** Reads a structure; false, and no structure at all, when it is damaged. */
  parse(bits: BitCursor): boolean {
    this.templates = 0;
    this.sizes = 0;
    this.templateOffset = bits.bits(6);
    this.targets = bits.bits(5) + 1;
    const templates = this.#layers(bits);
    if (templates === 0) return false;
    this.#readIndications(bits, templates);
    this.#readReferences(bits, templates);
    this.#skipChains(bits, templates);
    if (bits.flag()) this.#readSizes(bits);
    if (bits.overrun) return false;
    this.templates = templates;
    return true;
  }

  /** How many templates there are, each with its layers; 0 when they are more than can be. */
  #layers(bits: BitCursor): number {
    let count = 0;
    let spatial = 0;
    let temporal = 0;
    this.maxTemporal = 0;
    for (;;) {
      this.spatial[count] = spatial;
      this.temporal[count] = temporal;
      count += 1;
      const next = bits.bits(2);
      if (next === 3) break;
      if (next === 1) {
        temporal += 1;
        this.maxTemporal = Math.max(this.maxTemporal, temporal);
      } else if (next === 2) {
        temporal = 0;
        spatial += 1;
      }
      if (bits.overrun || count === maxTemplates) return 0;
      if (spatial === maxSpatialLayers || temporal === maxTemporalLayers) return 0;
    }
    this.maxSpatial = spatial;
    return count;
  }

  #readIndications(bits: BitCursor, templates: number): void {
    this.targetSpatial.fill(0);
    this.targetTemporal.fill(0);
    for (let template = 0; template < templates && !bits.overrun; template += 1) {
      for (let target = 0; target < this.targets; target += 1) {
        const indication = bits.bits(2);
        this.#indications[template * maxDecodeTargets + target] = indication;
        if (indication === indications.notPresent) continue;
        raise(this.targetSpatial, target, this.spatial[template] ?? 0);
        raise(this.targetTemporal, target, this.temporal[template] ?? 0);
      }
    }
  }

  #readReferences(bits: BitCursor, templates: number): void {
    for (let template = 0; template < templates; template += 1) {
      let count = 0;
      while (bits.flag()) {
        const distance = bits.bits(4) + 1;
        if (count < maxTemplateReferences)
          this.#references[template * maxTemplateReferences + count] = distance;
        count += 1;
      }
      this.referenceCount[template] = Math.min(255, count);
    }
  }

  #skipChains(bits: BitCursor, templates: number): void {
    const chains = bits.below(this.targets + 1);
    if (chains === 0) return;
    for (let target = 0; target < this.targets; target += 1) bits.below(chains);
    for (let i = 0; i < templates * chains && !bits.overrun; i += 1) bits.bits(4);
  }

  #readSizes(bits: BitCursor): void {
    this.sizes = this.maxSpatial + 1;
    for (let layer = 0; layer <= this.maxSpatial; layer += 1) {
      // A side of 65536 does not fit; no codec makes one.
      this.widths[layer] = bits.bits(16) + 1;
      this.heights[layer] = bits.bits(16) + 1;
    }
  }
}

function raise(array: Uint8Array, index: number, value: number): void {
  if (value > (array[index] ?? 0)) array[index] = value;
}
