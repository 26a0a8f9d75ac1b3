import type { SoundChoice } from '#src/core/cmaf.ts';
import type { Track, TrackKind } from '#src/core/media.ts';
import type { StreamSounds } from './sounds/stream-sounds.ts';

/** What a publisher has announced, as far as epochs go by it. */
export class ExpectedTracks {
  /** What begins epochs: pictures where there are any. */
  readonly leads: TrackKind;
  readonly hasSound: boolean;
  readonly #sounds: Pick<StreamSounds, 'choices'>;

  constructor(tracks: readonly Track[], sounds: Pick<StreamSounds, 'choices'>) {
    this.leads = tracks.some(({ kind }) => kind === 'video') ? 'video' : 'audio';
    this.hasSound = tracks.some(({ kind }) => kind === 'audio');
    this.#sounds = sounds;
  }

  /** The sounds of which there is something now. */
  get sounds(): readonly SoundChoice[] {
    return this.hasSound ? this.#sounds.choices : [];
  }
}
