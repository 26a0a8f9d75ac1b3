/** Boxes of the ISO base media file format (ISO/IEC 14496-12 section 4.2). */

/** One complete box; both views share the input's memory where it came in one piece. */
export interface Box {
  readonly type: string;
  /** With header. */
  readonly bytes: Uint8Array;
  /** Without header. */
  readonly body: Uint8Array;
}

/** The bytes are no MP4 that we can read: the producer is broken, no later byte can be trusted. */
export class MalformedMp4 extends Error {
  override readonly name = 'MalformedMp4';
}

const headerBytes = 8;
/** A keyframe of 4K video stays far below; a larger size means that we lost our place. */
const maxBoxBytes = 32 * 1024 * 1024;

/** Cuts a byte stream that arrives in arbitrary chunks into top-level boxes; holds at most one incomplete box. */
export class BoxSplitter {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #neededBytes = headerBytes;

  /** Takes the next chunk; returns the boxes that it completes. */
  push(chunk: Uint8Array): readonly Box[] {
    if (chunk.length === 0) return [];
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return [];
    return this.#split(this.#held.length === 1 ? chunk : concatBytes(this.#held));
  }

  #split(bytes: Uint8Array): readonly Box[] {
    const boxes: Box[] = [];
    let offset = 0;
    this.#neededBytes = headerBytes;
    while (bytes.length - offset >= headerBytes) {
      const size = boxSize(bytes, offset);
      if (bytes.length - offset < size) {
        this.#neededBytes = size;
        break;
      }
      boxes.push(boxAt(bytes, offset, size));
      offset += size;
    }
    const rest = bytes.subarray(offset);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
    return boxes;
  }
}

/** The boxes inside a body, in order; throws {@link MalformedMp4} when one reaches beyond it. */
export function* childBoxes(body: Uint8Array): Generator<Box> {
  let offset = 0;
  while (offset < body.length) {
    if (body.length - offset < headerBytes) throw new MalformedMp4('a box ends within a header');
    const size = boxSize(body, offset);
    if (size > body.length - offset) throw new MalformedMp4('a box is longer than its parent');
    yield boxAt(body, offset, size);
    offset += size;
  }
}

/** Body of the first box at the end of this path of types, or undefined. */
export function findBox(body: Uint8Array, ...path: readonly string[]): Uint8Array | undefined {
  const [type, ...rest] = path;
  if (type === undefined) return body;
  for (const box of childBoxes(body)) if (box.type === type) return findBox(box.body, ...rest);
  return undefined;
}

/** Like {@link findBox}, for boxes that must be there. */
export function needBox(body: Uint8Array, ...path: readonly string[]): Uint8Array {
  const found = findBox(body, ...path);
  if (!found) throw new MalformedMp4(`there is no ${path.join('/')} box`);
  return found;
}

/** A view for reading numbers; reading beyond the end throws {@link MalformedMp4} through {@link reading}. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Runs a reader; a field beyond the end of its box becomes {@link MalformedMp4}. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new MalformedMp4('a box ends within a field', { cause: error });
    throw error;
  }
}

/** Joins chunks into one array. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(chunks);
}

function boxSize(bytes: Uint8Array, offset: number): number {
  const size = viewOf(bytes).getUint32(offset);
  if (size < headerBytes || size > maxBoxBytes)
    throw new MalformedMp4(`a box claims to have ${size} bytes; sizes of 8 to ${maxBoxBytes} can be read`);
  return size;
}

function boxAt(bytes: Uint8Array, offset: number, size: number): Box {
  const whole = bytes.subarray(offset, offset + size);
  return {
    type: String.fromCharCode(...whole.subarray(4, headerBytes)),
    bytes: whole,
    body: whole.subarray(headerBytes),
  };
}
