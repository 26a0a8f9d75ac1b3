import type { QualityOption, QualityView } from './quality.ts';

/** What captions there are to choose from, and what is chosen. */
export type CaptionsView = QualityView;

/** The choice of no captions. */
export const captionsOff = 'off';

/** A subtitle track, as hls.js has it. */
export interface SubtitleTrack {
  readonly name: string;
  readonly lang?: string | undefined;
}

/** The choices for a menu; undefined where there are no captions. `chosen` is an index, -1 for none. */
export function captionsView(tracks: readonly SubtitleTrack[], chosen: number): CaptionsView | undefined {
  if (tracks.length === 0) return undefined;
  const options: QualityOption[] = [
    { id: captionsOff, label: 'Off', detail: '' },
    ...tracks.map((track) => ({ id: captionsId(track), label: track.name, detail: track.lang ?? '' })),
  ];
  const track = tracks[chosen];
  return { options, chosen: track === undefined ? captionsOff : captionsId(track), limit: '' };
}

/** The track of a choice; -1 for none. A language keeps its id over playbacks, also where others come and go. */
export function captionsIndex(tracks: readonly SubtitleTrack[], id: string): number {
  return tracks.findIndex((track) => captionsId(track) === id);
}

function captionsId({ lang, name }: SubtitleTrack): string {
  return `cc:${lang ?? name}`;
}
