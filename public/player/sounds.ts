import type { QualityOption, QualityView } from './quality.ts';

/** What sounds there are to choose from, and which is heard. */
export type SoundsView = QualityView;

/** An audio track, as hls.js has it. */
export interface SoundTrack {
  readonly name: string;
  readonly lang?: string | undefined;
}

/** The choices for a menu; undefined where there is nothing to choose. `chosen` is an index. */
export function soundsView(tracks: readonly SoundTrack[], chosen: number): SoundsView | undefined {
  if (tracks.length < 2) return undefined;
  const options = tracks.map((track): QualityOption => {
    const label = track.name === 'main' ? 'Main sound' : track.name;
    return { id: soundId(track), label, detail: track.lang ?? '' };
  });
  return { options, chosen: options[chosen]?.id ?? options[0]?.id ?? '', limit: '' };
}

/** The track of a choice; -1 where it is not there. A sound keeps its id over playbacks, also where others come and go. */
export function soundIndex(tracks: readonly SoundTrack[], id: string): number {
  return tracks.findIndex((track) => soundId(track) === id);
}

function soundId({ name }: SoundTrack): string {
  return `sound:${name}`;
}
