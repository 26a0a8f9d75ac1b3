import { noBytes, readUint16, readUint24, readUint32 } from '../bytes.ts';
import { readFeedback } from './feedback.ts';
import type { RtcpSpan } from './feedback.ts';
import { rtcpType } from './types.ts';
import type { DelayReport, ReportBlock, RtcpProblem, RtcpVisitor, SenderReport } from './types.ts';

const headerBytes = 4;
const reportBlockBytes = 24;
/** XR block types (RFC 3611 sections 4.4 and 4.5). */
const xrReceiverReferenceTime = 4;
const xrDelay = 5;

/**
 * Reads compound RTCP (RFC 3550 section 6.1). Every packet is bounded by its own header's length, whatever its content
 * claims; the first malformed packet ends the reading. Never throws on input and allocates nothing.
 */
export class RtcpReader {
  readonly #span: RtcpSpan = { data: noBytes, body: 0, end: 0, format: 0 };
  readonly #sender: SenderReport = { ssrc: 0, ntpHigh: 0, ntpLow: 0, rtpTimestamp: 0, packets: 0, octets: 0 };
  readonly #block: ReportBlock = {
    reporter: 0,
    ssrc: 0,
    fractionLost: 0,
    cumulativeLost: 0,
    highestSequence: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
  readonly #delay: DelayReport = {
    reporter: 0,
    ssrc: 0,
    lastReceiverReport: 0,
    delaySinceLastReceiverReport: 0,
  };

  /** Hands everything known to the visitor; undefined when all was well-formed. Unknown packet types are skipped. */
  read(datagram: Uint8Array, visitor: RtcpVisitor): RtcpProblem | undefined {
    const span = this.#span;
    span.data = datagram;
    let offset = 0;
    do {
      if (offset + headerBytes > datagram.length) return 'short';
      const first = datagram[offset] ?? 0;
      if (first >>> 6 !== 2) return 'version';
      const next = offset + headerBytes + 4 * readUint16(datagram, offset + 2);
      if (next > datagram.length) return 'length';
      span.format = first & 0x1f;
      span.body = offset + headerBytes;
      span.end = next;
      if ((first & 0x20) !== 0) {
        const padding = datagram[next - 1] ?? 0;
        if (padding === 0 || padding > next - span.body) return 'length';
        span.end -= padding;
      }
      if (!this.#packet(datagram[offset + 1] ?? 0, visitor)) return 'block';
      offset = next;
    } while (offset < datagram.length);
    return undefined;
  }

  #packet(type: number, visitor: RtcpVisitor): boolean {
    const span = this.#span;
    const bytes = span.end - span.body;
    switch (type) {
      case rtcpType.senderReport:
        if (bytes < 24 + reportBlockBytes * span.format) return false;
        this.#senderReport(visitor);
        this.#blocks(span.body + 24, visitor);
        return true;
      case rtcpType.receiverReport:
        if (bytes < 4 + reportBlockBytes * span.format) return false;
        this.#blocks(span.body + 4, visitor);
        return true;
      case rtcpType.bye:
        if (bytes < 4 * span.format) return false;
        for (let i = 0; i < span.format; i += 1) visitor.bye?.(readUint32(span.data, span.body + 4 * i));
        return true;
      case rtcpType.transportFeedback:
      case rtcpType.payloadFeedback:
        return bytes >= 8 && readFeedback(type, span, visitor);
      case rtcpType.extendedReport:
        return bytes >= 4 && this.#extended(visitor);
      default:
        return true;
    }
  }

  #senderReport(visitor: RtcpVisitor): void {
    const { data, body } = this.#span;
    const report = this.#sender;
    report.ssrc = readUint32(data, body);
    report.ntpHigh = readUint32(data, body + 4);
    report.ntpLow = readUint32(data, body + 8);
    report.rtpTimestamp = readUint32(data, body + 12);
    report.packets = readUint32(data, body + 16);
    report.octets = readUint32(data, body + 20);
    visitor.senderReport?.(report);
  }

  #blocks(from: number, visitor: RtcpVisitor): void {
    const { data, body, format } = this.#span;
    const block = this.#block;
    for (let at = from; at < from + reportBlockBytes * format; at += reportBlockBytes) {
      block.reporter = readUint32(data, body);
      block.ssrc = readUint32(data, at);
      block.fractionLost = data[at + 4] ?? 0;
      block.cumulativeLost = (readUint24(data, at + 5) << 8) >> 8;
      block.highestSequence = readUint32(data, at + 8);
      block.jitter = readUint32(data, at + 12);
      block.lastSenderReport = readUint32(data, at + 16);
      block.delaySinceLastSenderReport = readUint32(data, at + 20);
      visitor.reportBlock?.(block);
    }
  }

  /** Walks the blocks of an extended report (RFC 3611 section 3). */
  #extended(visitor: RtcpVisitor): boolean {
    const { data, body, end } = this.#span;
    const reporter = readUint32(data, body);
    let at = body + 4;
    while (at + 4 <= end) {
      const next = at + 4 + 4 * readUint16(data, at + 2);
      if (next > end) return false;
      if (data[at] === xrReceiverReferenceTime) {
        if (next - at < 12) return false;
        visitor.receiverReferenceTime?.(reporter, readUint32(data, at + 4), readUint32(data, at + 8));
      } else if (data[at] === xrDelay) {
        for (let sub = at + 4; sub + 12 <= next; sub += 12) this.#delayReport(reporter, sub, visitor);
      }
      at = next;
    }
    return at === end;
  }

  #delayReport(reporter: number, at: number, visitor: RtcpVisitor): void {
    const { data } = this.#span;
    const report = this.#delay;
    report.reporter = reporter;
    report.ssrc = readUint32(data, at);
    report.lastReceiverReport = readUint32(data, at + 4);
    report.delaySinceLastReceiverReport = readUint32(data, at + 8);
    visitor.delayReport?.(report);
  }
}
