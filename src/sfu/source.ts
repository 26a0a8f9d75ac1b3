import { ntpToMs } from '#src/rtp/ntp.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import type { PictureNumbers, SwitchPoint } from './layers/packet-layers.ts';

/** A second report further away than this from what the first ones promise is taken for a stepped clock. */
const maxClockStepMs = 1000;
/** How much a clock may lose on ours: 200 parts per million. */
const driftMsPerMs = 0.0002;
/** How often the arrival anchor may follow a slow media clock, and by how much: 200 parts per million. */
const anchorAgeMs = 5000;
const anchorSlackMs = 1;
/** RTP timestamp units after which a report is carried forward: half of what 32-bit arithmetic can tell apart. */
const rollSpan = 0x4000_0000;

/**
 * The wall clock of one publisher, as its sender reports tell it. All sources of one publisher share one: audio and video
 * stay comparable even while only one of them has had a report.
 */
export class PublisherClock {
  #offsetMs: number | undefined;
  #notedWallMs = 0;

  /** Publisher's NTP clock minus the gateway's wall clock; 0 until a report came. */
  get offsetMs(): number {
    return this.#offsetMs ?? 0;
  }

  /**
   * A sender report with this capture time arrived. The least delayed one is nearest to the truth, but an old one less and less:
   * a publisher's clock that runs slow would else be followed in steps of a second, hours apart.
   */
  noteReport(ntpMs: number, arrivedWallMs: number): void {
    const offsetMs = ntpMs - arrivedWallMs;
    const before =
      (this.#offsetMs ?? offsetMs) - driftMsPerMs * Math.max(0, arrivedWallMs - this.#notedWallMs);
    this.#offsetMs = before - offsetMs > maxClockStepMs ? offsetMs : Math.max(offsetMs, before);
    this.#notedWallMs = arrivedWallMs;
  }
}

/**
 * One incoming RTP stream: one layer of one publisher's track. The object is its identity: a publisher that comes back brings
 * new sources, whatever SSRCs it uses. Holds what ties its RTP timestamps to wall clock time.
 */
export class Source {
  readonly layer: number;
  readonly clockRateHz: number;
  readonly clock: PublisherClock;
  /** The incoming stream whose packets it has, all of them or those of some layers: sources of one stream share timestamps. */
  readonly stream: Source;
  /** Highest spatial and temporal layer that it has; both 0 where there are no layers. */
  spatial = 0;
  temporal = 0;
  /** Tracks that want it or get it: what nobody follows need not be made. */
  followers = 0;
  /** Highest sequence number that was given to a packet, or is kept for a missing one, before the packet at hand came. */
  spoken = 0;
  /** What it makes of the packet of the stream that is being forwarded now; undefined when that is not among its own. */
  atHand: SourcePacket | undefined;
  #reportTimestamp = 0;
  #reportNtpMs = Number.NaN;
  #anchorTimestamp = 0;
  #anchorMs = Number.NaN;

  constructor(identity: {
    readonly layer: number;
    readonly clockRateHz: number;
    readonly clock: PublisherClock;
    /** Itself when left out. */
    readonly stream?: Source;
  }) {
    this.layer = identity.layer;
    this.clockRateHz = identity.clockRateHz;
    this.clock = identity.clock;
    this.stream = identity.stream ?? this;
  }

  /** Whether a sender report of this stream came. */
  get reported(): boolean {
    return !Number.isNaN(this.#reportNtpMs);
  }

  /**
   * Notes a media packet's arrival, so that capture times can be estimated before a report comes: the least delayed packet
   * anchors the timeline.
   */
  notePacket(timestamp: number, arrivedMs: number): void {
    if (timestampDistance(this.#reportTimestamp, timestamp) > rollSpan) this.#rollReport(timestamp);
    const ageMs = arrivedMs - this.#anchorMs;
    const delayMs = ageMs - this.#spanMs(this.#anchorTimestamp, timestamp);
    if (delayMs < 0 || Number.isNaN(ageMs)) {
      this.#anchorTimestamp = timestamp;
      this.#anchorMs = arrivedMs;
    } else if (ageMs > anchorAgeMs) {
      this.#anchorTimestamp = timestamp;
      this.#anchorMs = arrivedMs - Math.max(0, delayMs - anchorSlackMs);
    }
  }

  /** Notes a sender report. One without a wall clock (RFC 3550 section 6.4.1: zero) is passed over. */
  noteReport(report: ReportedInstant): void {
    if (report.ntpHigh === 0 && report.ntpLow === 0) return;
    this.#reportNtpMs = ntpToMs(report.ntpHigh, report.ntpLow);
    this.#reportTimestamp = report.rtpTimestamp;
    this.clock.noteReport(this.#reportNtpMs, report.arrivedWallMs);
  }

  /** Publisher's NTP time at which this timestamp was captured, in ms since 1970; undefined before the first report. */
  reportedNtpMs(timestamp: number): number | undefined {
    if (!this.reported) return undefined;
    return this.#reportNtpMs + this.#spanMs(this.#reportTimestamp, timestamp);
  }

  /**
   * This stream's RTP timestamp at the instant `nowMs`, by the reports or else by arrivals; undefined before the first packet
   * or report. `wallMs` is the same instant on the gateway's wall clock.
   */
  timestampAt(nowMs: number, wallMs: number): number | undefined {
    if (this.reported) {
      return this.#advance(this.#reportTimestamp, wallMs + this.clock.offsetMs - this.#reportNtpMs);
    }
    if (Number.isNaN(this.#anchorMs)) return undefined;
    return this.#advance(this.#anchorTimestamp, nowMs - this.#anchorMs);
  }

  /** Carries the only report along, lest 32-bit timestamps lose count of the hours since it. */
  #rollReport(timestamp: number): void {
    this.#reportNtpMs += this.#spanMs(this.#reportTimestamp, timestamp);
    this.#reportTimestamp = timestamp;
  }

  #advance(timestamp: number, spanMs: number): number {
    return (timestamp + Math.round((spanMs * this.clockRateHz) / 1000)) >>> 0;
  }

  #spanMs(from: number, to: number): number {
    return (timestampDistance(from, to) * 1000) / this.clockRateHz;
  }
}

/** What the forwarder looks at in a packet of the publisher; one object per packet serves all viewers. */
export interface SourcePacket {
  readonly source: Source;
  /** Extended, as its source's unwrapper says. */
  readonly sequence: number;
  readonly timestamp: number;
  /** A decoder can start with this packet. */
  readonly keyframe: boolean;
  readonly payloadBytes: number;
  readonly arrivedMs: number;
  /** Whether viewers of other layers of the same stream may go on with it; undefined where there are no layers. */
  readonly switching?: SwitchPoint | undefined;
  /** The numbers in its payload that are each viewer's own; undefined when it has none. */
  readonly picture?: PictureNumbers | undefined;
}

/** A sender report's pair of clocks and when it arrived on the gateway's wall clock. */
export interface ReportedInstant {
  readonly ntpHigh: number;
  readonly ntpLow: number;
  readonly rtpTimestamp: number;
  readonly arrivedWallMs: number;
}
