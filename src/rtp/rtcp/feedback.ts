import { readUint16, readUint24, readUint32 } from '../bytes.ts';
import { feedbackFormat, rtcpType } from './types.ts';
import type { RtcpVisitor, TransportFeedbackHead } from './types.ts';

/** One RTCP packet inside a datagram: its body between `body` and `end`, and the five-bit count or format field. */
export interface RtcpSpan {
  data: Uint8Array;
  body: number;
  end: number;
  format: number;
}

/** Microseconds per tick of a receive delta. */
const deltaUnitUs = 250;
/** Far more packets than any sender has between two feedbacks; run-length chunks could claim 65,535 in four bytes. */
const maxStatuses = 4096;
const remb = 0x52_45_4d_42;

/** Reads one feedback message (RFC 4585 section 6.1) whose body holds at least both SSRCs; false when malformed. */
export function readFeedback(type: number, span: RtcpSpan, visitor: RtcpVisitor): boolean {
  if (type === rtcpType.transportFeedback) {
    if (span.format === feedbackFormat.nack) return readNack(span, visitor);
    return span.format !== feedbackFormat.transportCc || readTransportFeedback(span, visitor);
  }
  switch (span.format) {
    case feedbackFormat.pli:
      visitor.pli?.(readUint32(span.data, span.body + 4));
      return true;
    case feedbackFormat.fir:
      return readFir(span, visitor);
    case feedbackFormat.remb:
      return readRemb(span, visitor);
    default:
      return true;
  }
}

function readNack(span: RtcpSpan, visitor: RtcpVisitor): boolean {
  const { data, body, end } = span;
  if (end - body < 12 || (end - body) % 4 !== 0) return false;
  if (visitor.nack === undefined) return true;
  const mediaSsrc = readUint32(data, body + 4);
  for (let at = body + 8; at < end; at += 4) {
    const first = readUint16(data, at);
    visitor.nack(mediaSsrc, first);
    for (let mask = readUint16(data, at + 2), step = 1; mask !== 0; mask >>>= 1, step += 1) {
      if ((mask & 1) !== 0) visitor.nack(mediaSsrc, (first + step) & 0xffff);
    }
  }
  return true;
}

function readFir(span: RtcpSpan, visitor: RtcpVisitor): boolean {
  const { data, body, end } = span;
  if (end - body < 16 || (end - body) % 8 !== 0) return false;
  for (let at = body + 8; at < end; at += 8) visitor.fir?.(readUint32(data, at), data[at + 4] ?? 0);
  return true;
}

function readRemb(span: RtcpSpan, visitor: RtcpVisitor): boolean {
  const { data, body, end } = span;
  // Format 15 is shared by all application layer feedback (RFC 4585 section 6.4): others are well-formed, but not ours.
  if (end - body < 12 || readUint32(data, body + 8) !== remb) return true;
  if (end - body < 16 + 4 * (data[body + 12] ?? 0)) return false;
  const head = readUint24(data, body + 13);
  visitor.remb?.((head & 0x3_ffff) * 2 ** (head >>> 18));
  return true;
}

const head: TransportFeedbackHead = {
  mediaSsrc: 0,
  baseSequence: 0,
  statusCount: 0,
  feedbackCount: 0,
  referenceTimeMs: 0,
};

/** Where the walk over status chunks and receive deltas stands; one for all, as reading never nests. */
const walk = { chunkAt: 0, deltaAt: 0, end: 0, sequence: 0, left: 0, timeUs: 0 };

/** Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). */
function readTransportFeedback(span: RtcpSpan, visitor: RtcpVisitor): boolean {
  const { data, body, end } = span;
  if (end - body < 16) return false;
  head.mediaSsrc = readUint32(data, body + 4);
  head.baseSequence = readUint16(data, body + 8);
  head.statusCount = readUint16(data, body + 10);
  head.referenceTimeMs = ((readUint24(data, body + 12) << 8) >> 8) * 64;
  head.feedbackCount = data[body + 15] ?? 0;
  if (head.statusCount > maxStatuses) return false;
  const chunksBytes = bytesOfChunks(span, body + 16, head.statusCount);
  if (chunksBytes === undefined) return false;
  visitor.transportFeedback?.(head);
  if (visitor.transportStatus === undefined) return true;
  walk.chunkAt = body + 16;
  walk.deltaAt = body + 16 + chunksBytes;
  walk.end = end;
  walk.sequence = head.baseSequence;
  walk.left = head.statusCount;
  walk.timeUs = 0;
  while (walk.left > 0) {
    if (!readChunk(data, visitor)) return false;
    walk.chunkAt += 2;
  }
  visitor.transportFeedbackEnd?.();
  return true;
}

/** Bytes that the chunks for `count` statuses take; undefined when they do not fit. */
function bytesOfChunks(span: RtcpSpan, from: number, count: number): number | undefined {
  let at = from;
  for (let left = count; left > 0; at += 2) {
    if (at + 2 > span.end) return undefined;
    const covered = symbolsOf(readUint16(span.data, at));
    // A run of nothing would let the loop spin without progress.
    if (covered === 0) return undefined;
    left -= covered;
  }
  return at - from;
}

function symbolsOf(chunk: number): number {
  if (chunk >>> 15 === 0) return chunk & 0x1fff;
  return (chunk & 0x4000) === 0 ? 14 : 7;
}

function readChunk(data: Uint8Array, visitor: RtcpVisitor): boolean {
  const chunk = readUint16(data, walk.chunkAt);
  const symbols = Math.min(symbolsOf(chunk), walk.left);
  walk.left -= symbols;
  for (let i = 0; i < symbols; i += 1) {
    if (!readStatus(data, symbolAt(chunk, i), visitor)) return false;
  }
  return true;
}

/** Symbol of one packet: 0 not received, 1 small delta, 2 large or negative delta, 3 reserved. */
function symbolAt(chunk: number, index: number): number {
  if (chunk >>> 15 === 0) return (chunk >>> 13) & 3;
  return (chunk & 0x4000) === 0 ? (chunk >>> (13 - index)) & 1 : (chunk >>> (12 - 2 * index)) & 3;
}

function readStatus(data: Uint8Array, symbol: number, visitor: RtcpVisitor): boolean {
  const sequence = walk.sequence;
  walk.sequence = (sequence + 1) & 0xffff;
  // 3 is reserved and carries no delta (as libwebrtc reads it).
  const deltaBytes = symbol === 3 ? 0 : symbol;
  if (deltaBytes === 0) {
    visitor.transportStatus?.(sequence, undefined);
    return true;
  }
  if (walk.deltaAt + deltaBytes > walk.end) return false;
  const ticks = deltaBytes === 1 ? (data[walk.deltaAt] ?? 0) : (readUint16(data, walk.deltaAt) << 16) >> 16;
  walk.deltaAt += deltaBytes;
  walk.timeUs += ticks * deltaUnitUs;
  visitor.transportStatus?.(sequence, walk.timeUs);
  return true;
}
