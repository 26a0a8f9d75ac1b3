import type { TrackKind } from './media.ts';

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
