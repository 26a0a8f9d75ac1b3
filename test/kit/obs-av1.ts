/** Open bitstream units (AV1 specification section 6.2.2) that a test looks at. */
const sequenceHeaderType = 1;
const temporalDelimiterType = 2;
const paddingType = 15;
/** Bytes of RTP payload that OBS puts into a packet. */
const payloadLimitBytes = 1200;

/** Takes the temporal units out of an IVF file: each a list of units without size fields, as they travel in RTP. */
export function temporalUnits(file: Buffer): Buffer[][] {
  const units: Buffer[][] = [];
  for (let at = file.readUInt16LE(6); at + 12 <= file.length;) {
    const end = at + 12 + file.readUInt32LE(at);
    units.push(openUnits(file.subarray(at + 12, end)));
    at = end;
  }
  return units;
}

/** Delimiters and padding stay out (RTP payload format for AV1, section 5). */
function openUnits(temporalUnit: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < temporalUnit.length;) {
    const head = temporalUnit[at]!;
    const headerBytes = (head & 0x04) === 0 ? 1 : 2;
    const size = readLeb128(temporalUnit, at + headerBytes);
    const start = at + headerBytes + size.bytes;
    const type = (head >> 3) & 0x0f;
    if (type !== temporalDelimiterType && type !== paddingType) {
      const header = Buffer.from(temporalUnit.subarray(at, at + headerBytes));
      header[0] = head & ~0x02;
      units.push(Buffer.concat([header, temporalUnit.subarray(start, start + size.value)]));
    }
    at = start + size.value;
  }
  return units;
}

function readLeb128(bytes: Buffer, at: number): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { value, bytes: index + 1 };
  }
  throw new Error('a size of more than 8 bytes');
}

/**
 * Cuts one temporal unit as OBS does: each open unit in packets of its own, but for a sequence header, which travels in
 * front of the unit behind it and marks the begin of a coded sequence.
 */
export function packetiseTemporalUnit(units: readonly Buffer[]): Buffer[] {
  const [first] = units;
  const opensSequence = first !== undefined && ((first[0]! >> 3) & 0x0f) === sequenceHeaderType;
  const header = opensSequence ? first : undefined;
  return units.slice(opensSequence ? 1 : 0).flatMap((unit, index) => {
    return packetiseUnit(unit, index === 0 ? header : undefined);
  });
}

/** RTP payload format for AV1, section 4.4: Z, Y, W and N of the aggregation header, the last element without length. */
function packetiseUnit(unit: Buffer, sequenceHeader: Buffer | undefined): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < unit.length;) {
    const isFirst = at === 0;
    const front =
      isFirst && sequenceHeader !== undefined ? [leb128(sequenceHeader.length), sequenceHeader] : [];
    const room = payloadLimitBytes - 1 - Buffer.concat(front).length;
    const end = Math.min(at + room, unit.length);
    const elements = front.length > 0 ? 2 : 1;
    const aggregation =
      (isFirst ? 0 : 0x80) | (end < unit.length ? 0x40 : 0) | (elements << 4) | (elements === 2 ? 0x08 : 0);
    packets.push(Buffer.concat([Buffer.from([aggregation]), ...front, unit.subarray(at, end)]));
    at = end;
  }
  return packets;
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest >>>= 7) {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.from(bytes);
}
