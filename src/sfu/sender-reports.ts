import { ntpHigh, ntpLow, ntpMiddle } from '#src/rtp/ntp.ts';
import type { SenderReport } from '#src/rtp/rtcp/types.ts';
import type { DownTrack } from './forwarder.ts';
import { RoundTrips } from './round-trips.ts';

/**
 * Sender reports of one viewer's track (RFC 3550 section 6.4.1). They keep the publisher's wall clock and put it on the
 * viewer's RTP timeline, so audio and video that were captured together are played together, whatever was switched in
 * between. For a publisher that does not report, arrival times on our clock stand in; the viewer decides when to give up.
 */
export class SenderReports {
  readonly #report: SenderReport;
  readonly #roundTrips = new RoundTrips();

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
    this.#roundTrips.note(ntpMiddle(report.ntpHigh, report.ntpLow), nowMs);
    return report;
  }

  /**
   * Round trip by a report block's answer to one of our reports (RFC 3550 section 6.4.1); undefined when it answers none of
   * the last ones.
   */
  rttMs(lastSenderReport: number, delaySinceLastSenderReport: number, nowMs: number): number | undefined {
    return this.#roundTrips.rttMs(lastSenderReport, delaySinceLastSenderReport, nowMs);
  }
}
