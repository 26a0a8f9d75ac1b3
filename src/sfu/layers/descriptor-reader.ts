import { DependencyDescriptor } from '#src/rtp/descriptor/dependency-descriptor.ts';
import { indications } from '#src/rtp/descriptor/dependency-structure.ts';
import { ExtensionReader } from '#src/rtp/extensions.ts';
import { PacketLayers, type DescribedPacket, type LayerReader } from './packet-layers.ts';

/** Frames remembered; a reference that reaches further back is taken for unknown. */
const remembered = 256;
const noTemporal = 0xff;

/**
 * Layers of AV1 by the dependency descriptor (AV1 RTP specification, appendix A).
 *
 * The descriptor goes to viewers as it came, active decode targets included: Chromium assembles frames by their numbers and
 * references alone, finds the last layer of a picture by the marker bit, and does not look at that bitmask.
 *
 * Decode targets are taken by their highest layers, and a viewer gets every frame up to these. Where only keyframes use
 * inter-layer prediction, that is more than it decodes, but it can go down at any picture; by the targets' own frames, it
 * would need a keyframe just when its link is full.
 */
export class DescriptorLayerReader implements LayerReader {
  readonly layers = new PacketLayers();
  readonly #id: number;
  readonly #extensions = new ExtensionReader();
  readonly #descriptor = new DependencyDescriptor();
  /** Frame number and temporal layer of the last frames, by the number's low bits. */
  readonly #frames = new Int32Array(remembered).fill(-1);
  readonly #temporals = new Uint8Array(remembered);

  /** `id` is the publisher's extension id. */
  constructor(id: number) {
    this.#id = id;
  }

  read(packet: DescribedPacket): boolean {
    const { layers } = this;
    const descriptor = this.#descriptor;
    layers.clear();
    if (!this.#find(packet)) return false;
    layers.spatial = descriptor.spatial;
    layers.temporal = descriptor.temporal;
    layers.startsPicture = descriptor.startsFrame && descriptor.spatial === 0;
    layers.endsFrame = descriptor.endsFrame;
    const { frameNumber } = descriptor;
    if (descriptor.broughtStructure) this.#frames.fill(-1);
    this.#frames[frameNumber % remembered] = frameNumber;
    this.#temporals[frameNumber % remembered] = descriptor.temporal;
    if (layers.startsPicture) this.#rise();
    return true;
  }

  width(spatial: number): number {
    const { structure } = this.#descriptor;
    return spatial < structure.sizes ? (structure.widths[spatial] ?? 0) : 0;
  }

  height(spatial: number): number {
    const { structure } = this.#descriptor;
    return spatial < structure.sizes ? (structure.heights[spatial] ?? 0) : 0;
  }

  #find(packet: DescribedPacket): boolean {
    const reader = this.#extensions;
    reader.start(packet.extensions);
    while (reader.next()) {
      if (reader.id !== this.#id) continue;
      return this.#descriptor.parse(packet.extensions, reader.offset, reader.bytes, packet.sequence);
    }
    return false;
  }

  /** Temporal layers whose decode targets may be switched to with this picture, by those who have what it refers to. */
  #rise(): void {
    const needed = this.#neededTemporal();
    if (needed === noTemporal) return;
    const { structure } = this.#descriptor;
    let possible = 0;
    let impossible = 0;
    for (let target = 0; target < structure.targets; target += 1) {
      const bit = 1 << (structure.targetTemporal[target] ?? 0);
      if (this.#switches(target)) possible |= bit;
      else impossible |= bit;
    }
    this.layers.riseFrom = needed;
    this.layers.riseTo = possible & ~impossible;
  }

  /** Targets of upper spatial layers are switched to with an upper frame of the picture, which is still to come. */
  #switches(target: number): boolean {
    const descriptor = this.#descriptor;
    const { structure, temporal } = descriptor;
    const spatial = structure.targetSpatial[target] ?? 0;
    if (spatial === 0) return descriptor.indication(target) === indications.switch;
    let found = false;
    for (let template = 0; template < structure.templates; template += 1) {
      if (structure.spatial[template] !== spatial || structure.temporal[template] !== temporal) continue;
      if (structure.indication(template, target) !== indications.switch) return false;
      found = true;
    }
    return found;
  }

  #neededTemporal(): number {
    const { references, referenceCount, frameNumber } = this.#descriptor;
    if (referenceCount > references.length) return noTemporal;
    let needed = 0;
    for (let i = 0; i < referenceCount; i += 1) {
      const frame = (frameNumber - (references[i] ?? 0)) & 0xffff;
      if (this.#frames[frame % remembered] !== frame) return noTemporal;
      needed = Math.max(needed, this.#temporals[frame % remembered] ?? 0);
    }
    return needed;
  }
}
