import { writeUint16, writeUint24, writeUint32 } from '../bytes.ts';
import { sequenceDistance } from '../sequence.ts';
import type { TransportArrivals } from './transport-arrivals.ts';
import { feedbackFormat, rtcpType } from './types.ts';
import type { DelayReport, ReportBlock, SenderReport } from './types.ts';

/** Fits one datagram on every path, SRTCP trailer included. */
const maxBytes = 1200;
/** The count field has five bits (RFC 3550 section 6.4.1). */
const maxReportBlocks = 31;
const remb = 0x52_45_4d_42;
const xrReceiverReferenceTime = 4;
const xrDelay = 5;

const encoder = new TextEncoder();

/** What a compound begins with: a sender report when we send media, report blocks when we receive some. */
export interface CompoundHead {
  readonly senderReport?: Readonly<SenderReport> | undefined;
  /** `reporter` is not looked at: the compound's own SSRC reports. */
  readonly blocks?: readonly Readonly<ReportBlock>[];
}

/**
 * Writes compound RTCP into one reused buffer. A compound always begins with a report and our CNAME (RFC 3550 section
 * 6.1): {@link begin} writes both, so an invalid one cannot be built. What no longer fits is refused with false.
 */
export class RtcpWriter {
  readonly #buffer = new Uint8Array(maxBytes);
  readonly #ssrc: number;
  readonly #cname: Uint8Array;
  #length = 0;
  /** Where the packet being written begins. */
  #start = 0;

  /** `ssrc` speaks in every packet; `cname` is cut to the 255 bytes that an SDES item holds. */
  constructor(ssrc: number, cname: string) {
    this.#ssrc = ssrc;
    this.#cname = encoder.encode(cname).subarray(0, 255);
  }

  /**
   * Starts a compound with a sender report or (without one) a receiver report, and the SDES CNAME of whoever reports. At
   * most 31 blocks are written.
   */
  begin(head: CompoundHead = {}): void {
    this.#length = 0;
    const blocks = head.blocks ?? [];
    const count = Math.min(blocks.length, maxReportBlocks);
    if (head.senderReport === undefined) {
      this.#open(rtcpType.receiverReport, count, 4);
      this.#uint32(this.#ssrc);
    } else {
      this.#open(rtcpType.senderReport, count, 24);
      this.#senderInformation(head.senderReport);
    }
    for (let i = 0; i < count; i += 1) {
      const block = blocks[i];
      if (block !== undefined) this.#block(block);
    }
    this.#close();
    this.#sourceDescription(head.senderReport?.ssrc ?? this.#ssrc);
  }

  /** Adds a further sender report with its CNAME: one compound speaks for both tracks of a viewer; false without room. */
  senderReport(report: Readonly<SenderReport>): boolean {
    if (this.#room() < 28 + 8 + 4 * Math.ceil((this.#cname.length + 3) / 4)) return false;
    this.#open(rtcpType.senderReport, 0, 24);
    this.#senderInformation(report);
    this.#close();
    this.#sourceDescription(report.ssrc);
    return true;
  }

  /** Asks again for these sequence numbers, in ascending order (RFC 4585 section 6.2.1); false when not all fitted. */
  nack(mediaSsrc: number, sequences: readonly number[]): boolean {
    if (sequences.length === 0) return true;
    if (!this.#openFeedback(rtcpType.transportFeedback, feedbackFormat.nack, mediaSsrc, 4)) return false;
    let i = 0;
    while (i < sequences.length && this.#room() >= 4) {
      const first = sequences[i] ?? 0;
      let mask = 0;
      for (i += 1; i < sequences.length; i += 1) {
        const step = sequenceDistance(first, sequences[i] ?? 0);
        if (step < 1 || step > 16) break;
        mask |= 1 << (step - 1);
      }
      this.#uint32(((first & 0xffff) << 16) | mask);
    }
    this.#close();
    return i >= sequences.length;
  }

  /** Asks for a keyframe (RFC 4585 section 6.3.1). */
  pli(mediaSsrc: number): boolean {
    if (!this.#openFeedback(rtcpType.payloadFeedback, feedbackFormat.pli, mediaSsrc, 0)) return false;
    this.#close();
    return true;
  }

  /** Asks for a keyframe (RFC 5104 section 4.3.1); every new request needs a new command sequence. */
  fir(mediaSsrc: number, commandSequence: number): boolean {
    if (!this.#openFeedback(rtcpType.payloadFeedback, feedbackFormat.fir, 0, 8)) return false;
    this.#uint32(mediaSsrc);
    this.#uint32((commandSequence & 0xff) << 24);
    this.#close();
    return true;
  }

  /** Tells the sender what these streams together may take (draft-alvestrand-rmcat-remb-03 section 2.2). */
  remb(bitrateBps: number, ssrcs: readonly number[]): boolean {
    if (ssrcs.length > 255) return false;
    if (!this.#openFeedback(rtcpType.payloadFeedback, feedbackFormat.remb, 0, 8 + 4 * ssrcs.length))
      return false;
    let mantissa = Math.max(0, Math.floor(bitrateBps));
    let exponent = 0;
    for (; mantissa > 0x3_ffff && exponent < 63; exponent += 1) mantissa = Math.floor(mantissa / 2);
    this.#uint32(remb);
    this.#buffer[this.#length] = ssrcs.length;
    writeUint24(this.#buffer, this.#length + 1, (exponent << 18) | Math.min(mantissa, 0x3_ffff));
    this.#length += 4;
    for (const ssrc of ssrcs) this.#uint32(ssrc);
    this.#close();
    return true;
  }

  /** Says that a source leaves (RFC 3550 section 6.6). */
  bye(ssrc: number): boolean {
    if (this.#room() < 8) return false;
    this.#open(rtcpType.bye, 1, 4);
    this.#uint32(ssrc);
    this.#close();
    return true;
  }

  /** Asks for a {@link delayReport}: how a receiver that sends no media measures its round trip (RFC 3611 section 4.4). */
  receiverReferenceTime(ntpHigh: number, ntpLow: number): boolean {
    if (this.#room() < 20) return false;
    this.#open(rtcpType.extendedReport, 0, 16);
    this.#uint32(this.#ssrc);
    this.#uint32((xrReceiverReferenceTime << 24) | 2);
    this.#uint32(ntpHigh);
    this.#uint32(ntpLow);
    this.#close();
    return true;
  }

  /** Answers a receiver reference time, so that a peer that sends no media can measure its round trip (RFC 3611 section 4.5). */
  delayReport(report: Readonly<DelayReport>): boolean {
    if (this.#room() < 24) return false;
    this.#open(rtcpType.extendedReport, 0, 20);
    this.#uint32(report.reporter);
    this.#uint32((xrDelay << 24) | 3);
    this.#uint32(report.ssrc);
    this.#uint32(report.lastReceiverReport);
    this.#uint32(report.delaySinceLastReceiverReport);
    this.#close();
    return true;
  }

  /** Reports what arrived since the last feedback; false when there was nothing to say or no room for it. */
  transportFeedback(mediaSsrc: number, arrivals: TransportArrivals): boolean {
    if (!this.#openFeedback(rtcpType.transportFeedback, feedbackFormat.transportCc, mediaSsrc, 0))
      return false;
    const written = arrivals.writeInto(this.#buffer.subarray(this.#length));
    if (written === 0) {
      this.#length = this.#start;
      return false;
    }
    this.#length += written;
    this.#close();
    return true;
  }

  /** The compound, valid until the next {@link begin}. */
  end(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(): number {
    return maxBytes - this.#length;
  }

  #open(type: number, count: number, bodyBytes: number): void {
    this.#start = this.#length;
    this.#buffer[this.#start] = 0x80 | count;
    this.#buffer[this.#start + 1] = type;
    this.#length += 4;
    this.#buffer.fill(0, this.#length, this.#length + bodyBytes);
  }

  #openFeedback(type: number, format: number, mediaSsrc: number, fciBytes: number): boolean {
    if (this.#room() < 12 + fciBytes) return false;
    this.#open(type, format, 8);
    this.#uint32(this.#ssrc);
    this.#uint32(mediaSsrc);
    return true;
  }

  #close(): void {
    writeUint16(this.#buffer, this.#start + 2, (this.#length - this.#start) / 4 - 1);
  }

  #uint32(value: number): void {
    writeUint32(this.#buffer, this.#length, value);
    this.#length += 4;
  }

  #senderInformation(report: Readonly<SenderReport>): void {
    this.#uint32(report.ssrc);
    this.#uint32(report.ntpHigh);
    this.#uint32(report.ntpLow);
    this.#uint32(report.rtpTimestamp);
    this.#uint32(report.packets);
    this.#uint32(report.octets);
  }

  #block(block: Readonly<ReportBlock>): void {
    this.#uint32(block.ssrc);
    this.#buffer[this.#length] = block.fractionLost;
    const lost = Math.min(0x7f_ffff, Math.max(-0x80_0000, block.cumulativeLost));
    writeUint24(this.#buffer, this.#length + 1, lost);
    this.#length += 4;
    this.#uint32(block.highestSequence);
    this.#uint32(block.jitter);
    this.#uint32(block.lastSenderReport);
    this.#uint32(block.delaySinceLastSenderReport);
  }

  /** One chunk with one CNAME item, ended by one to four zero bytes (RFC 3550 section 6.5). */
  #sourceDescription(ssrc: number): void {
    const itemBytes = 2 + this.#cname.length;
    const bytes = 4 * Math.ceil((itemBytes + 1) / 4);
    this.#open(rtcpType.sourceDescription, 1, 4 + bytes);
    this.#uint32(ssrc);
    this.#buffer[this.#length] = 1;
    this.#buffer[this.#length + 1] = this.#cname.length;
    this.#buffer.set(this.#cname, this.#length + 2);
    this.#length += bytes;
    this.#close();
  }
}
