import { ntpHigh, ntpLow, ntpMiddle, ntpShortToMs } from '#src/rtp/ntp.ts';
import type { SenderReport } from '#src/rtp/rtcp/types.ts';
import type { DownTrack } from './forwarder.ts';

/** Sender reports whose times are remembered: at one a second, a receiver's report answers one of the last few. */
const remembered = 8;
/** A round trip beyond this is a wrong answer, not a long way. */
const maxRttMs = 30_000;

/**
 * Sender reports of one viewer's track (RFC 3550 section 6.4.1). They keep the publisher's wall clock and put it on the
 * viewer's RTP timeline, so audio and video that were captured together are played together, whatever was switched in
 * between. Until the publisher has reported, arrival times on the gateway's clock stand in, for both tracks alike.
 */
export class SenderReports {
  readonly #report: SenderReport;
  /** Middle 32 bits of the NTP timestamps sent, and when. */
  readonly #middles = new Uint32Array(remembered);
  readonly #sentMs = new Float64Array(remembered);
  #sent = 0;

  /** `ssrc` is the viewer's own. */
  constructor(ssrc: number) {
    this.#report = { ssrc, ntpHigh: 0, ntpLow: 0, rtpTimestamp: 0, packets: 0, octets: 0 };
  }

  /**
   * The report to send now, or undefined as long as nothing was forwarded. `nowMs` and `wallMs` are the same instant. The
   * object is reused by the next call.
   */
  next(track: DownTrack, nowMs: number, wallMs: number): Readonly<SenderReport> | undefined {
    const source = track.source;
    const timestamp = source?.timestampAt(nowMs, wallMs);
    if (source === undefined || timestamp === undefined) return undefined;
    const captureMs = wallMs + source.clock.offsetMs;
    const report = this.#report;
    report.ntpHigh = ntpHigh(captureMs);
    report.ntpLow = ntpLow(captureMs);
    report.rtpTimestamp = track.mapTimestamp(timestamp);
    report.packets = track.packets >>> 0;
    report.octets = track.octets >>> 0;
    this.#middles[this.#sent % remembered] = ntpMiddle(report.ntpHigh, report.ntpLow);
    this.#sentMs[this.#sent % remembered] = nowMs;
    this.#sent += 1;
    return report;
  }

  /**
   * Round trip by a report block's answer to one of our reports (RFC 3550 section 6.4.1); undefined when it answers none of
   * the last ones. Our NTP times follow the publisher's clock, so the moment of sending is looked up, not computed.
   */
  rttMs(lastSenderReport: number, delaySinceLastSenderReport: number, nowMs: number): number | undefined {
    if (lastSenderReport === 0) return undefined;
    for (let i = 0; i < Math.min(this.#sent, remembered); i += 1) {
      if (this.#middles[i] !== lastSenderReport) continue;
      const rttMs = nowMs - (this.#sentMs[i] ?? nowMs) - ntpShortToMs(delaySinceLastSenderReport);
      return rttMs < maxRttMs ? Math.max(0, rttMs) : undefined;
    }
    return undefined;
  }
}
