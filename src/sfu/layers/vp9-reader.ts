import { Vp9LayerDescriptor, vp9SpatialLayers } from '#src/rtp/descriptor/vp9.ts';
import { PacketLayers, type DescribedPacket, type LayerReader } from './packet-layers.ts';
import { PictureIdUnwrapper } from './picture-ids.ts';

/** Pictures remembered: references reach 127 back. */
const remembered = 256;
const everyTemporal = 0xff;

/**
 * Layers of VP9 by its payload descriptor (RFC 9628 section 4.2), which every packet has; the dependency descriptor is an
 * option of some publishers.
 *
 * Picture ids stay as they are: receivers know from the layer indices, or from the references, which pictures they do not get,
 * and a keyframe begins with any id.
 */
export class Vp9LayerReader implements LayerReader {
  readonly layers = new PacketLayers();
  readonly #descriptor = new Vp9LayerDescriptor();
  readonly #ids = new PictureIdUnwrapper();
  /** Extended id and temporal layer of the last pictures, by the id's low bits. */
  readonly #pictures = new Float64Array(remembered).fill(-1);
  readonly #temporals = new Uint8Array(remembered);
  readonly #widths = new Uint16Array(vp9SpatialLayers);
  readonly #heights = new Uint16Array(vp9SpatialLayers);

  read(packet: DescribedPacket): boolean {
    const { layers } = this;
    const descriptor = this.#descriptor;
    layers.clear();
    if (!descriptor.parse(packet.payload)) return false;
    layers.spatial = descriptor.spatial;
    layers.temporal = descriptor.temporal;
    layers.startsPicture = descriptor.startsFrame && descriptor.spatial === 0;
    layers.endsFrame = descriptor.endsFrame;
    const id = descriptor.hasPictureId
      ? this.#ids.unwrap(descriptor.pictureIdBits, descriptor.pictureId)
      : undefined;
    if (id !== undefined) {
      this.#pictures[id % remembered] = id;
      this.#temporals[id % remembered] = descriptor.temporal;
    }
    if (layers.startsPicture && descriptor.switchingUp) this.#rise(id);
    if (descriptor.sizes > 0) this.#keepSizes();
    return true;
  }

  width(spatial: number): number {
    return this.#widths[spatial] ?? 0;
  }

  height(spatial: number): number {
    return this.#heights[spatial] ?? 0;
  }

  /**
   * What U means: later pictures of higher temporal layers refer to none of theirs from before. Who has this picture's layer
   * can go up from here; who has the layers below it, if this picture refers to no more, which it must name, to this layer.
   */
  #rise(id: number | undefined): void {
    const { layers } = this;
    const { temporal } = this.layers;
    const needed = this.#neededTemporal(id);
    const isNewLayer = temporal > 0 && needed < temporal;
    layers.riseFrom = isNewLayer ? temporal - 1 : temporal;
    layers.riseTo = isNewLayer ? 1 << temporal : everyTemporal;
  }

  /** Highest temporal layer that the picture refers to; its own when that is not known. */
  #neededTemporal(id: number | undefined): number {
    const descriptor = this.#descriptor;
    const { temporal } = descriptor;
    if (id === undefined || !descriptor.flexible) return temporal;
    let needed = 0;
    for (let i = 0; i < descriptor.referenceCount; i += 1) {
      const reference = id - (descriptor.references[i] ?? 0);
      if (this.#pictures[reference % remembered] !== reference) return temporal;
      needed = Math.max(needed, this.#temporals[reference % remembered] ?? 0);
    }
    return needed;
  }

  #keepSizes(): void {
    const { sizes, widths, heights } = this.#descriptor;
    for (let layer = 0; layer < sizes; layer += 1) {
      this.#widths[layer] = widths[layer] ?? 0;
      this.#heights[layer] = heights[layer] ?? 0;
    }
  }
}
