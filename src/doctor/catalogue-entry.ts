import type { FindingSeverity } from '#src/core/finding.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { Encoder } from './encoder.ts';

/** What a finding says, and how patient it is. */
export interface CatalogueEntry {
  readonly severity: FindingSeverity;
  readonly kind: TrackKind | undefined;
  /** It must have been so for this long. */
  readonly appearMs: number;
  /** And must not have been so for this long. */
  readonly vanishMs: number;
  /** One sentence: what is seen and what it does to viewers. */
  readonly message: string;
  /** One sentence: what mends it; in the words of OBS or of browsers where they have their own. */
  readonly advice: Readonly<{ other: string } & Partial<Record<Exclude<Encoder, 'other'>, string>>>;
}
