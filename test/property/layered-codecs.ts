import type { ModelFrame, ModelPacket } from './layered-stream.ts';

/** A packet as a publisher of some codec writes it. */
export interface WrittenPacket {
  readonly payload: Uint8Array;
  readonly extensions: Uint8Array;
}
export type LayeredCodec = 'vp8' | 'vp9' | 'av1';

/** Spatial layers of the streams that a codec is tried with. */
export const spatialsOf: Readonly<Record<LayeredCodec, number>> = { vp8: 1, vp9: 3, av1: 3 };
const temporals = 3;
/** The dependency descriptor's extension id. */
export const descriptorId = 5;
const none = new Uint8Array(0);

/** The number in a payload's tail, by which a copy is known again. */
export function identityOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(payload.length - 4);
}

export function write(codec: LayeredCodec, packet: ModelPacket, idBits: 7 | 15): WrittenPacket {
  if (codec === 'vp8') return { payload: withIdentity(vp8(packet, idBits), packet), extensions: none };
  if (codec === 'vp9') return { payload: withIdentity(vp9(packet, idBits), packet), extensions: none };
  return { payload: withIdentity(av1(packet), packet), extensions: descriptorBlock(packet) };
}

function withIdentity(head: readonly number[], { sequence }: ModelPacket): Uint8Array {
  return Uint8Array.from([...head, 1, sequence >>> 24, sequence >>> 16, sequence >>> 8, sequence]);
}

/** Picture id as every test stream has it: it wraps soon after the beginning, whatever its width. */
export function pictureIdOf(frame: ModelFrame): number {
  return 0x7fe0 + frame.picture;
}

function pictureId(frame: ModelFrame, bits: 7 | 15): readonly number[] {
  const id = pictureIdOf(frame);
  return bits === 7 ? [id & 0x7f] : [0x80 | ((id >>> 8) & 0x7f), id & 0xff];
}

/** Pictures that its upper layers do not look behind have the layer sync bit in turn. */
function isSync({ temporal, references }: ModelFrame): boolean {
  return temporal > 0 && references.every((reference) => reference.temporal === 0);
}

function vp8({ frame, index }: ModelPacket, bits: 7 | 15): readonly number[] {
  const start = index === 0 ? 0x10 : 0;
  const layers = (frame.temporal << 6) | (isSync(frame) ? 0x20 : 0);
  // Keyframes say so in the first bit of their data.
  return [0x80 | start, 0xe0, ...pictureId(frame, bits), frame.tl0 & 0xff, layers, frame.keyframe ? 0 : 1];
}

function vp9({ frame, index }: ModelPacket, bits: 7 | 15): readonly number[] {
  const references = frame.references.filter(({ spatial }) => spatial === frame.spatial);
  const predicted = references.length > 0;
  const end = index === frame.packets - 1;
  const head = 0xb0 | (predicted ? 0x40 : 0) | (index === 0 ? 0x08 : 0) | (end ? 0x04 : 0);
  const switchingUp = frame.temporal > 0 || frame.closed;
  const layers = (frame.temporal << 5) | (switchingUp ? 0x10 : 0) | (frame.spatial << 1);
  const distances = references.map(
    ({ picture }, i) => ((frame.picture - picture) << 1) | (i < references.length - 1 ? 1 : 0),
  );
  // Frame marker, profile 0, then show_existing_frame and the frame type's bit.
  const key = frame.keyframe && frame.spatial === 0;
  return [head, ...pictureId(frame, bits), layers, ...distances, key ? 0x80 : 0x84];
}

/** Aggregation header: the N bit opens a coded video sequence. */
function av1({ frame, index }: ModelPacket): readonly number[] {
  return [frame.keyframe && frame.spatial === 0 && index === 0 ? 0x18 : 0x10, 0x30];
}

/** Writes bits, most significant first. */
export class BitWriter {
  readonly #bits: number[] = [];

  put(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit -= 1) this.#bits.push((value >>> bit) & 1);
    return this;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    for (const [at, bit] of this.#bits.entries()) bytes[at >>> 3]! |= bit << (7 - (at & 7));
    return bytes;
  }
}

/** What a frame is to a decode target, which are numbered by spatial, then temporal layer. */
function indication(frame: Pick<ModelFrame, 'spatial' | 'temporal' | 'closed'>, target: number): number {
  const [spatial, temporal] = [Math.floor(target / temporals), target % temporals];
  if (frame.spatial > spatial || frame.temporal > temporal) return 0;
  if (frame.spatial < spatial) return 3;
  if (frame.temporal === 0) return frame.closed || temporal === 0 ? 2 : 3;
  return frame.temporal === temporal ? 1 : 3;
}

/** One template for each layer, references said by each frame itself; a structure with every keyframe's first packet. */
export function descriptor({ frame, index }: ModelPacket): Uint8Array {
  const targets = spatialsOf.av1 * temporals;
  const bits = new BitWriter();
  bits.put(index === 0 ? 1 : 0, 1).put(index === frame.packets - 1 ? 1 : 0, 1);
  bits.put((60 + frame.spatial * temporals + frame.temporal) & 63, 6).put(frame.number & 0xffff, 16);
  const structure = frame.keyframe && frame.spatial === 0 && index === 0;
  bits
    .put(structure ? 1 : 0, 1)
    .put(0, 1)
    .put(1, 1)
    .put(1, 1)
    .put(0, 1);
  if (structure) putStructure(bits, frame.alwaysClosed);
  for (let target = 0; target < targets; target += 1) bits.put(indication(frame, target), 2);
  for (const { number } of frame.references) {
    const distance = frame.number - number - 1;
    if (distance < 16) bits.put(1, 2).put(distance, 4);
    else bits.put(2, 2).put(distance, 8);
  }
  return bits.put(0, 2).bytes();
}

function putStructure(bits: BitWriter, closed: boolean): void {
  const spatials = spatialsOf.av1;
  const targets = spatials * temporals;
  bits.put(60, 6).put(targets - 1, 5);
  for (let spatial = 0; spatial < spatials; spatial += 1) {
    for (let temporal = 0; temporal < temporals; temporal += 1) {
      const last = temporal === temporals - 1;
      bits.put(last ? (spatial === spatials - 1 ? 3 : 2) : 1, 2);
    }
  }
  for (let template = 0; template < targets; template += 1) {
    const layer = { spatial: Math.floor(template / temporals), temporal: template % temporals, closed };
    for (let target = 0; target < targets; target += 1) bits.put(indication(layer, target), 2);
  }
  for (let template = 0; template < targets; template += 1) bits.put(0, 1);
  // No chains: 0 of up to `targets` in ns(targets + 1), which is ns(10): three bits are enough for numbers below 6.
  bits.put(0, 3).put(1, 1);
  for (let spatial = 0; spatial < spatials; spatial += 1) {
    bits.put(320 * 2 ** spatial - 1, 16).put(180 * 2 ** spatial - 1, 16);
  }
}

function descriptorBlock(packet: ModelPacket): Uint8Array {
  const data = descriptor(packet);
  const words = Math.ceil((2 + data.length) / 4);
  const block = new Uint8Array(4 + 4 * words);
  block.set([0x10, 0x00, words >>> 8, words, descriptorId, data.length]);
  block.set(data, 6);
  return block;
}
