/** RTCP packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2). */
export const rtcpType = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  application: 204,
  transportFeedback: 205,
  payloadFeedback: 206,
  extendedReport: 207,
} as const;

/** Feedback message formats: in transport feedback NACK and transport-cc, in payload feedback PLI, FIR and REMB. */
export const feedbackFormat = { nack: 1, transportCc: 15, pli: 1, fir: 4, remb: 15 } as const;

/** Sender information of a sender report (RFC 3550 section 6.4.1). */
export interface SenderReport {
  ssrc: number;
  ntpHigh: number;
  ntpLow: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** One report block of a sender or receiver report (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  /** Who reports. */
  reporter: number;
  /** About whom. */
  ssrc: number;
  /** Share of packets lost since the previous report, in 1/256. */
  fractionLost: number;
  /** Signed: duplicates make it fall. */
  cumulativeLost: number;
  /** 16 bits of cycles, 16 bits of sequence. */
  highestSequence: number;
  /** In units of the RTP clock. */
  jitter: number;
  /** Middle 32 bits of the NTP timestamp of the last sender report; 0 when none came. */
  lastSenderReport: number;
  /** In 1/65536 s. */
  delaySinceLastSenderReport: number;
}

/** Round trip of a receiver that sends no media: one DLRR sub-block (RFC 3611 section 4.5). */
export interface DelayReport {
  reporter: number;
  ssrc: number;
  lastReceiverReport: number;
  delaySinceLastReceiverReport: number;
}

/** Head of a transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). */
export interface TransportFeedbackHead {
  mediaSsrc: number;
  baseSequence: number;
  statusCount: number;
  /** 8-bit counter of feedback packets. */
  feedbackCount: number;
  /** Signed multiple of 64 ms. */
  referenceTimeMs: number;
}

/**
 * What an RTCP reader found, in the order of the wire; a handler is given only for what interests. Objects handed over are
 * reused for the next packet: copy what must last. Numbers are not yet judged: an SSRC may be nobody's.
 */
export interface RtcpVisitor {
  senderReport?(report: Readonly<SenderReport>): void;
  reportBlock?(block: Readonly<ReportBlock>): void;
  bye?(ssrc: number): void;
  /** Once per sequence asked for: PID and each bit of BLP (RFC 4585 section 6.2.1). */
  nack?(mediaSsrc: number, sequence: number): void;
  pli?(mediaSsrc: number): void;
  /** `mediaSsrc` is that of the FCI entry (RFC 5104 section 4.3.1). */
  fir?(mediaSsrc: number, commandSequence: number): void;
  /** Called once per REMB message (draft-alvestrand-rmcat-remb-03 section 2.2). */
  remb?(bitrateBps: number): void;
  transportFeedback?(head: Readonly<TransportFeedbackHead>): void;
  /** Once per status, after the head; `arrivedUs` counts from the head's reference time, or is undefined for a lost packet. */
  transportStatus?(sequence: number, arrivedUs: number | undefined): void;
  /** After the last status of a feedback that was well-formed to its end. */
  transportFeedbackEnd?(): void;
  /** Receiver reference time (RFC 3611 section 4.4). */
  receiverReferenceTime?(ssrc: number, ntpHigh: number, ntpLow: number): void;
  delayReport?(report: Readonly<DelayReport>): void;
}

/**
 * Why reading stopped before the end; everything before it was handed over. A compound that does not begin with a report is
 * no problem: browsers negotiate reduced-size RTCP (RFC 5506).
 */
export type RtcpProblem =
  /** Not even one header. */
  | 'short'
  /** Not version 2. */
  | 'version'
  /** A header's length points beyond the datagram, or its padding is impossible. */
  | 'length'
  /** The inside of a block contradicts its length. */
  | 'block';
