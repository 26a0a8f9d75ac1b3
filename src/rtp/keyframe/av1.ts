import { parseAv1Sequence } from './av1-sequence.ts';
import type { Resolution } from './resolution.ts';

const sequenceHeader = 1;
const temporalDelimiter = 2;

/** An OBU element inside a payload. */
interface Element {
  readonly from: number;
  readonly end: number;
}

/**
 * Whether a coded video sequence starts here (AV1 RTP payload format section 4.4): the N bit says so, and its first OBU, a
 * sequence header, must begin in this packet. A sequence header without the N bit counts too: some encoders repeat headers.
 */
export function av1KeyframeStart(payload: Uint8Array): boolean {
  const aggregation = payload[0] ?? 0;
  if ((aggregation & 0x80) !== 0 || payload.length < 2) return false;
  return (aggregation & 0x08) !== 0 || firstSequenceHeader(payload) !== undefined;
}

/** Largest picture size that the sequence header allows (AV1 bitstream section 5.5.1). */
export function av1Resolution(payload: Uint8Array): Resolution | undefined {
  if (((payload[0] ?? 0) & 0x80) !== 0) return undefined;
  const element = firstSequenceHeader(payload);
  if (element === undefined) return undefined;
  const head = payload[element.from] ?? 0;
  let from = element.from + ((head & 0x04) === 0 ? 1 : 2);
  // The size field inside the OBU, which RTC senders leave out, is LEB128.
  if ((head & 0x02) !== 0) while (((payload[from++] ?? 0) & 0x80) !== 0 && from < element.end);
  const sequence = parseAv1Sequence(payload.subarray(from, element.end));
  return sequence && { width: sequence.width, height: sequence.height };
}

/** The sequence header when it is the first OBU, or the second behind a temporal delimiter. */
function firstSequenceHeader(payload: Uint8Array): Element | undefined {
  const count = ((payload[0] ?? 0) >>> 4) & 3;
  let at = 1;
  for (let index = 1; index <= 2 && at < payload.length; index += 1) {
    const element = readElement(payload, at, index === count);
    if (element === undefined) return undefined;
    const type = ((payload[element.from] ?? 0) >>> 3) & 15;
    if (type === sequenceHeader) return element;
    if (type !== temporalDelimiter) return undefined;
    at = element.end;
  }
  return undefined;
}

/** All elements but the last of a counted packet carry their length in LEB128. */
function readElement(payload: Uint8Array, from: number, last: boolean): Element | undefined {
  if (last) return { from, end: payload.length };
  let length = 0;
  let at = from;
  for (let shift = 0; shift <= 21; shift += 7, at += 1) {
    const byte = payload[at] ?? 0;
    length |= (byte & 0x7f) << shift;
    if ((byte & 0x80) !== 0) continue;
    const start = at + 1;
    return length > 0 && start + length <= payload.length ? { from: start, end: start + length } : undefined;
  }
  return undefined;
}
