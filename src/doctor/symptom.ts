import type { Vitals } from '#src/core/finding.ts';
import type { TapPacket, TrackKind } from '#src/core/media.ts';
import type { FindingCode } from './catalogue.ts';

/** Something that is so at this moment; it becomes a finding when it stays so. */
export interface Symptom {
  readonly code: FindingCode;
  /** By name with unit. */
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** A sender report of the publisher on the tap's timeline: this RTP timestamp was captured at this NTP time. */
export interface ClockReading {
  readonly kind: TrackKind;
  readonly timestamp: number;
  readonly ntpMs: number;
}

/** Looks at one side of a publisher. Bounded state; every call is cheap. */
export interface Watch {
  packet?(packet: TapPacket): void;
  clock?(reading: ClockReading): void;
  report?(vitals: Vitals, nowMs: number): void;
  /** What is so now; asked once a second, with the time of the packets. */
  symptoms(nowMs: number): readonly Symptom[];
}
