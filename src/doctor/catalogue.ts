import { audioEntries } from './catalogue-audio.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { transportEntries } from './catalogue-transport.ts';
import { videoEntries } from './catalogue-video.ts';
import type { Encoder } from './encoder.ts';

/** Every finding there is. docs/doctor.md explains each. */
export const catalogue = { ...videoEntries, ...audioEntries, ...transportEntries } as const;

/** Names a finding. */
export type FindingCode = keyof typeof catalogue;

/** What mends it, in the words of this encoder. */
export function adviceFor(code: FindingCode, encoder: Encoder): string {
  const { advice }: CatalogueEntry = catalogue[code];
  return advice[encoder] ?? advice.other;
}
