import { msToNtpShort, ntpMiddle } from '#src/rtp/ntp.ts';
import type { ReportBlock } from '#src/rtp/rtcp/types.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';

/** A frame this much too early or late tells of no network. */
const jumpSeconds = 5;

/**
 * What our receiver reports say about one incoming SSRC (RFC 3550 appendices A.3 and A.8). Packets that came by
 * retransmission on another SSRC are not recorded: the report tells how the network treats the stream.
 */
export class ReceiveStats {
  /** Packets recorded, duplicates included. */
  packets = 0;
  readonly #clockRateHz: number;
  readonly #block: ReportBlock;
  #first = -1;
  #highest = -1;
  /** Our extended numbers do not start in cycle 0. */
  #cycleBase = 0;
  #jitter = 0;
  #transitTimestamp = 0;
  #transitMs = Number.NaN;
  #expectedBefore = 0;
  #packetsBefore = 0;
  #lastSenderReport = 0;
  #senderReportMs = 0;

  constructor(ssrc: number, clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
    this.#block = {
      reporter: 0,
      ssrc,
      fractionLost: 0,
      cumulativeLost: 0,
      highestSequence: 0,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    };
  }

  /** Interarrival jitter (RFC 3550 section 6.4.1) in milliseconds. */
  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockRateHz;
  }

  /** Packets that did not come, duplicates counted against them; may be negative. */
  get cumulativeLost(): number {
    return this.#first < 0 ? 0 : this.#highest - this.#first + 1 - this.packets;
  }

  /** Notes a packet with its extended sequence number. */
  record(sequence: number, timestamp: number, arrivedMs: number): void {
    if (this.#first < 0) this.#cycleBase = sequence - (sequence % 0x1_0000);
    // A first packet that overtook others must not make them count as surplus.
    if (this.#first < 0 || sequence < this.#first) this.#first = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    this.packets += 1;
    this.#noteTransit(timestamp, arrivedMs);
  }

  /** Notes the sender's report, to be answered with its time and ours since. */
  noteSenderReport(ntpHigh: number, ntpLow: number, arrivedMs: number): void {
    this.#lastSenderReport = ntpMiddle(ntpHigh, ntpLow);
    this.#senderReportMs = arrivedMs;
  }

  /** The block for a report sent now, or undefined before the first packet; begins the next interval. Reused by the next call. */
  report(nowMs: number): Readonly<ReportBlock> | undefined {
    if (this.#first < 0) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.packets - this.#packetsBefore);
    this.#expectedBefore = expected;
    this.#packetsBefore = this.packets;
    const block = this.#block;
    const lossy = expectedNow > 0 && lostNow > 0;
    block.fractionLost = lossy ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0;
    block.cumulativeLost = Math.min(0x7f_ffff, Math.max(-0x80_0000, this.cumulativeLost));
    block.highestSequence = (this.#highest - this.#cycleBase) >>> 0;
    block.jitter = Math.floor(this.#jitter);
    block.lastSenderReport = this.#lastSenderReport;
    const heard = this.#lastSenderReport !== 0;
    block.delaySinceLastSenderReport = heard ? msToNtpShort(nowMs - this.#senderReportMs) : 0;
    return block;
  }

  /**
   * Frames are looked at, not packets: those of one video frame share a timestamp but are sent one after the other, which is
   * no jitter of the network. Jumps come from a source that paused, or began its timestamps anew.
   */
  #noteTransit(timestamp: number, arrivedMs: number): void {
    const units = timestampDistance(this.#transitTimestamp, timestamp);
    const first = Number.isNaN(this.#transitMs);
    if (!first && units <= 0 && arrivedMs - this.#transitMs < jumpSeconds * 1000) return;
    const arrivalUnits = ((arrivedMs - this.#transitMs) * this.#clockRateHz) / 1000;
    const deviation = Math.abs(arrivalUnits - units);
    if (deviation < jumpSeconds * this.#clockRateHz) this.#jitter += (deviation - this.#jitter) / 16;
    this.#transitTimestamp = timestamp;
    this.#transitMs = arrivedMs;
  }
}
