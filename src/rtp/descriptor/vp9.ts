import { readUint16 } from '../bytes.ts';

/** Spatial layers that a descriptor can tell apart. */
export const vp9SpatialLayers = 8;
const maxReferences = 3;

/**
 * A VP9 payload descriptor (RFC 9628 section 4.2), parsed in place. Made once and filled again for every packet; the fields mean
 * nothing after a parse that returned false.
 */
export class Vp9LayerDescriptor {
  /** B and E: first and last packet of a layer's frame. */
  startsFrame = false;
  endsFrame = false;
  /** P: predicted from earlier pictures. */
  interPredicted = false;
  /** F: references are named one by one. */
  flexible = false;
  hasPictureId = false;
  pictureIdBits: 7 | 15 = 7;
  pictureId = 0;
  spatial = 0;
  temporal = 0;
  /** U: a viewer may go up to higher temporal layers from here. */
  switchingUp = false;
  /** Picture id distances of the pictures it refers to, in flexible mode. */
  readonly references = new Uint8Array(maxReferences);
  referenceCount = 0;
  /** Layers that the scalability structure of this packet named sizes for; 0 when it did not. */
  sizes = 0;
  readonly widths = new Uint16Array(vp9SpatialLayers);
  readonly heights = new Uint16Array(vp9SpatialLayers);

  parse(payload: Uint8Array): boolean {
    const first = payload[0] ?? 0;
    this.interPredicted = (first & 0x40) !== 0;
    this.flexible = (first & 0x10) !== 0;
    this.startsFrame = (first & 0x08) !== 0;
    this.endsFrame = (first & 0x04) !== 0;
    this.referenceCount = 0;
    this.sizes = 0;
    let at = 1;
    this.hasPictureId = (first & 0x80) !== 0;
    if (this.hasPictureId) at += this.#pictureId(payload, at);
    at += this.#layers(payload, at, (first & 0x20) !== 0);
    if (this.flexible && this.interPredicted) at = this.#references(payload, at);
    if ((first & 0x02) !== 0) at = this.#structure(payload, at);
    return at < payload.length;
  }

  #pictureId(payload: Uint8Array, at: number): number {
    const high = payload[at] ?? 0;
    const long = (high & 0x80) !== 0;
    this.pictureIdBits = long ? 15 : 7;
    this.pictureId = long ? ((high & 0x7f) << 8) | (payload[at + 1] ?? 0) : high;
    return long ? 2 : 1;
  }

  /** Layer indices, and behind them TL0PICIDX unless references are named. */
  #layers(payload: Uint8Array, at: number, present: boolean): number {
    const layers = present ? (payload[at] ?? 0) : 0;
    this.temporal = layers >>> 5;
    this.switchingUp = (layers & 0x10) !== 0;
    this.spatial = (layers >>> 1) & 7;
    if (!present) return 0;
    return this.flexible ? 1 : 2;
  }

  /** Up to three distances, each saying whether one more follows. */
  #references(payload: Uint8Array, from: number): number {
    let at = from;
    while (this.referenceCount < maxReferences) {
      const reference = payload[at] ?? 0;
      at += 1;
      this.references[this.referenceCount] = reference >>> 1;
      this.referenceCount += 1;
      if ((reference & 1) === 0) break;
    }
    return at;
  }

  /** Scalability structure (RFC 9628 section 4.2.1). */
  #structure(payload: Uint8Array, from: number): number {
    const head = payload[from] ?? 0;
    const layers = (head >>> 5) + 1;
    let at = from + 1;
    if ((head & 0x10) !== 0) {
      if (at + 4 * layers > payload.length) return payload.length;
      for (let layer = 0; layer < layers; layer += 1, at += 4) {
        this.widths[layer] = readUint16(payload, at);
        this.heights[layer] = readUint16(payload, at + 2);
      }
      this.sizes = layers;
    }
    if ((head & 0x08) !== 0) {
      const pictures = payload[at] ?? 0;
      at += 1;
      for (let i = 0; i < pictures; i += 1) at += 1 + (((payload[at] ?? 0) >>> 2) & 3);
    }
    return at;
  }
}
