import type { PlaybackNews } from './playback-news.ts';
import { soundIndex, soundsView, type SoundTrack } from './sounds.ts';

/** The part of a video element's audio tracks that is used; not all browsers have them. */
export interface AudioTrackList extends EventTarget, Iterable<ChoosableSound> {}

/** An audio track; the enabled one is heard. */
export interface ChoosableSound {
  readonly label: string;
  readonly language: string;
  enabled: boolean;
}

/** Sounds to choose from where the browser's own player loads the stream, and tells of them. */
export class NativeSounds {
  readonly #list: AudioTrackList | undefined;
  readonly #news: PlaybackNews;

  constructor(list: AudioTrackList | undefined, news: PlaybackNews, signal: AbortSignal) {
    this.#list = list;
    this.#news = news;
    for (const event of ['addtrack', 'removetrack', 'change'])
      list?.addEventListener(event, () => this.#tell(), { signal });
  }

  /** Takes one of the choices of `news.state.sounds`. */
  choose(id: string): void {
    const tracks = this.#tracks();
    const chosen = soundIndex(tracks.map(named), id);
    if (chosen < 0) return;
    for (const [index, track] of tracks.entries()) track.enabled = index === chosen;
    this.#tell();
  }

  #tell(): void {
    const tracks = this.#tracks();
    const heard = tracks.findIndex(({ enabled }) => enabled);
    this.#news.tell({ sounds: soundsView(tracks.map(named), heard) });
  }

  #tracks(): readonly ChoosableSound[] {
    return [...(this.#list ?? [])];
  }
}

function named({ label, language }: ChoosableSound): SoundTrack {
  return { name: label, lang: language === '' ? undefined : language };
}
