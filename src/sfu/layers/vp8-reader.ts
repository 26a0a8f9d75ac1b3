import { Vp8Descriptor } from '#src/rtp/descriptor/vp8.ts';
import { PacketLayers, type DescribedPacket, type LayerReader } from './packet-layers.ts';
import { PictureIdUnwrapper } from './picture-ids.ts';

/** Temporal layers of VP8 (RFC 7741 section 4.2). */
export class Vp8LayerReader implements LayerReader {
  readonly layers = new PacketLayers();
  /** What {@link recall} read. */
  readonly recalled = new PacketLayers();
  readonly #descriptor = new Vp8Descriptor();
  readonly #ids = new PictureIdUnwrapper();

  read(packet: DescribedPacket): boolean {
    const { layers } = this;
    const descriptor = this.#descriptor;
    if (!this.#parse(packet.payload, layers)) return false;
    layers.temporal = descriptor.temporal;
    layers.startsPicture = descriptor.startsFrame;
    if (descriptor.idBits !== 0) {
      const before = this.#ids.highest;
      layers.picture.id = this.#ids.unwrap(descriptor.idBits, descriptor.pictureId);
      layers.contiguous = before < 0 || layers.picture.id === before + 1;
    }
    // Senders set Y where a receiver can begin with this layer, and go on with it: as all who forward VP8 take it.
    if (descriptor.layerSync) layers.riseTo = 1 << descriptor.temporal;
    return true;
  }

  /** Reads the picture's numbers of a packet that came before, without taking it for a new one. */
  recall(payload: Uint8Array): boolean {
    if (!this.#parse(payload, this.recalled)) return false;
    const { idBits, pictureId } = this.#descriptor;
    if (idBits !== 0) this.recalled.picture.id = this.#ids.nearest(idBits, pictureId);
    return true;
  }

  width(): number {
    return 0;
  }

  height(): number {
    return 0;
  }

  #parse(payload: Uint8Array, into: PacketLayers): boolean {
    const descriptor = this.#descriptor;
    into.clear();
    if (!descriptor.parse(payload)) return false;
    into.patchAt = descriptor.patchAt;
    into.patchBytes = descriptor.patchBytes;
    into.picture.idBits = descriptor.idBits;
    into.picture.tl0 = descriptor.tl0;
    return true;
  }
}
