import { parseAv1Sequence } from '#src/rtp/keyframe/av1-sequence.ts';
import type { Av1Sequence } from '#src/rtp/keyframe/av1-sequence.ts';
import type { CodecConfig, PayloadFormat, Picture } from './unit.ts';

const sequenceHeader = 1;
const temporalDelimiter = 2;
const frameHeader = 3;
const frame = 6;
const tileList = 8;
const padding = 15;

/**
 * AV1 over RTP (AV1 RTP payload specification section 4) to temporal units in the low-overhead format: each OBU gets
 * its size field, temporal delimiters and padding go (AV1 in Matroska, section "Block data").
 */
export class Av1Format implements PayloadFormat {
  /** OBU elements of the unit; the last one may wait for its continuation. */
  #obus: Uint8Array[][] = [];
  #continues = false;
  #startsClean = false;
  #config: CodecConfig | undefined;

  begin(): void {
    this.#obus = [];
    this.#continues = false;
    this.#startsClean = false;
  }

  add(payload: Uint8Array): boolean {
    const header = payload[0] ?? 0;
    const continuesPrevious = (header & 0x80) !== 0;
    const elements = splitElements(payload.subarray(1), (header >> 4) & 3);
    if (!elements) return false;
    if (this.#obus.length === 0) this.#startsClean = !continuesPrevious;
    if (continuesPrevious !== this.#continues) return this.#obus.length === 0;
    elements.forEach((element, index) => {
      const open = this.#obus.at(-1);
      if (index === 0 && continuesPrevious && open) open.push(element);
      else this.#obus.push([element]);
    });
    this.#continues = (header & 0x40) !== 0;
    return true;
  }

  finish(): Picture | 'damaged' | undefined {
    if (this.#continues || !this.#startsClean) return 'damaged';
    const chunks: Uint8Array[] = [];
    let sequence: Uint8Array | undefined;
    let keyframe = false;
    let pictures = 0;
    for (const pieces of this.#obus) {
      const obu = withSize(pieces);
      if (!obu) return 'damaged';
      if (obu.type === temporalDelimiter || obu.type === tileList || obu.type === padding) continue;
      if (obu.type === sequenceHeader) sequence = Buffer.concat(obu.body);
      if (obu.type === frame || obu.type === frameHeader) {
        // show_existing_frame, then frame_type: 0 is a keyframe (AV1 section 5.9.2).
        const firstByte = obu.body.find((piece) => piece.length > 0)?.[0] ?? 0xff;
        if (pictures === 0) keyframe = (firstByte & 0xe0) === 0;
        pictures += 1;
      }
      chunks.push(obu.head, ...obu.body);
    }
    if (pictures === 0) return undefined;
    if (sequence) this.#learn(sequence);
    // Without a sequence header in the unit a decoder cannot begin here.
    keyframe &&= sequence !== undefined;
    const config = keyframe ? this.#config : undefined;
    if (keyframe && !config) return 'damaged';
    return { keyframe, chunks, sizeBytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), config };
  }

  #learn(body: Uint8Array): void {
    const parsed = parseAv1Sequence(body);
    if (!parsed) return;
    const { width, height } = parsed;
    this.#config = { codec: 'av1', width, height, codecPrivate: av1Configuration(parsed, body) };
  }
}

/** Splits the body of one packet into OBU elements; `count` is the W field, 0 when every element tells its length. */
function splitElements(body: Uint8Array, count: number): Uint8Array[] | undefined {
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    if (count > 0 && elements.length === count - 1) {
      elements.push(body.subarray(at));
      return elements;
    }
    const length = readLeb128(body, at);
    if (!length || length.value === 0 || length.end + length.value > body.length) return undefined;
    elements.push(body.subarray(length.end, length.end + length.value));
    at = length.end + length.value;
  }
  return elements.length > 0 && count === 0 ? elements : undefined;
}

interface SizedObu {
  readonly type: number;
  /** OBU header with has_size_field set, extension and size. */
  readonly head: Uint8Array;
  readonly body: Uint8Array[];
}

function withSize(pieces: readonly Uint8Array[]): SizedObu | undefined {
  const first = pieces[0] ?? new Uint8Array();
  const flags = first[0] ?? 0;
  let headerBytes = flags & 4 ? 2 : 1;
  const extension = first[1] ?? 0;
  if (flags & 0x80 || first.length < headerBytes) return undefined;
  let total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const type = (flags >> 3) & 15;
  if (flags & 2) {
    const size = readLeb128(first, headerBytes);
    if (!size || size.end + size.value !== total) return undefined;
    headerBytes = size.end;
  }
  total -= headerBytes;
  const head = Uint8Array.from([flags | 2, ...(flags & 4 ? [extension] : []), ...leb128(total)]);
  return { type, head, body: [first.subarray(headerBytes), ...pieces.slice(1)] };
}

function readLeb128(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (!(byte & 0x80)) return { value, end: start + i + 1 };
  }
  return undefined;
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** AV1CodecConfigurationRecord (AV1 in ISOBMFF section 2.3.3), with the sequence header behind it. */
function av1Configuration(parsed: Av1Sequence, body: Uint8Array): Uint8Array {
  const bits =
    (parsed.tier << 7) |
    (parsed.highBitDepth << 6) |
    (parsed.twelveBit << 5) |
    (parsed.monochrome << 4) |
    (parsed.subsamplingX << 3) |
    (parsed.subsamplingY << 2) |
    parsed.samplePosition;
  const record = Uint8Array.of(0x81, (parsed.profile << 5) | parsed.level, bits, 0);
  return Buffer.concat([record, Uint8Array.from([(sequenceHeader << 3) | 2, ...leb128(body.length)]), body]);
}
