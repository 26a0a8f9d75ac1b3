import { captionsIndex, captionsView } from './captions.ts';
import type { PlaybackNews } from './playback-news.ts';

/** The part of a video element's text tracks that is used. */
export interface TrackList extends EventTarget, Iterable<ChoosableTrack> {}

/** A text track; it is seen while its mode is `showing`. */
export interface ChoosableTrack {
  readonly kind: string;
  readonly label: string;
  readonly language: string;
  mode: string;
}

/** Captions to choose where the browser's own player loads the stream: it finds the tracks, and draws the chosen one. */
export class NativeText {
  readonly #list: TrackList;
  readonly #news: PlaybackNews;

  constructor(list: TrackList, news: PlaybackNews, signal: AbortSignal) {
    this.#list = list;
    this.#news = news;
    for (const event of ['addtrack', 'removetrack', 'change'])
      list.addEventListener(event, () => this.#tell(), { signal });
  }

  /** Takes one of the choices of `news.state.captions`. */
  choose(id: string): void {
    const tracks = this.#tracks();
    const chosen = captionsIndex(tracks.map(named), id);
    // Disabled, a track is not loaded.
    for (const [index, track] of tracks.entries()) track.mode = index === chosen ? 'showing' : 'disabled';
    this.#tell();
  }

  #tell(): void {
    const tracks = this.#tracks();
    const shown = tracks.findIndex(({ mode }) => mode === 'showing');
    this.#news.tell({ captions: captionsView(tracks.map(named), shown) });
  }

  #tracks(): readonly ChoosableTrack[] {
    return [...this.#list].filter(({ kind }) => kind === 'subtitles' || kind === 'captions');
  }
}

function named({ label, language }: ChoosableTrack): {
  readonly name: string;
  readonly lang: string | undefined;
} {
  return { name: label, lang: language === '' ? undefined : language };
}
