import type { Track, TrackKind } from './media.ts';
import type { PeerReport, PublicationReport } from './plane-report.ts';

/** How bad it is: viewers suffer now, viewers will suffer, or it is good to know. */
export type FindingSeverity = 'problem' | 'warning' | 'note';

/** Something that the ingest doctor found out about a publisher: what is wrong, in plain words, and what mends it. */
export interface Finding {
  /** Stable, kebab-case, documented in docs/doctor.md. */
  readonly code: string;
  readonly severity: FindingSeverity;
  readonly kind: TrackKind | undefined;
  /** One sentence: what is seen and what it does to viewers. */
  readonly message: string;
  /** One sentence: the setting that mends it, as OBS names it where it is OBS's. */
  readonly advice: string;
  /** ISO 8601: since when it is so. */
  readonly since: string;
  /** The figures behind it, by name with unit, e.g. `{ keyframeIntervalMs: 8333 }`. */
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** A publisher as the doctor gets to know it. */
export interface Patient {
  /** What it announced in its offer. */
  readonly tracks: readonly Track[];
  readonly userAgent: string;
}

/** What the media plane told of one stream in the last second. */
export interface Vitals {
  readonly publication: PublicationReport | undefined;
  /** The viewers of the front row. */
  readonly viewers: readonly PeerReport[];
  /** LL-HLS would need this stream encoded, and nothing here can. */
  readonly lacksEncoder?: boolean;
}

/** Watches the publisher of one stream and says what is wrong with what it sends. */
export interface Doctor extends Disposable {
  /** What is wrong now, the worst first. */
  readonly findings: readonly Finding[];
  /** Pictures are decoded in another order than they are shown: browsers cannot play that over WebRTC. */
  readonly bFrames: boolean;
  /** This publisher took the stream; undefined: it is gone, and its findings with it. */
  examine(patient: Patient | undefined): void;
  /** Once a second. */
  report(vitals: Vitals): void;
}
