import type Hls from 'hls.js';
import type { PlaybackNews } from './playback-news.ts';
import { soundIndex, soundsView } from './sounds.ts';

/** Sounds to choose from in hls.js: the audio tracks of the variant that plays. */
export class HlsSounds {
  readonly #hls: Hls;
  readonly #news: PlaybackNews;

  constructor(hls: Hls, { default: HlsPlayer }: { readonly default: typeof Hls }, news: PlaybackNews) {
    this.#hls = hls;
    this.#news = news;
    for (const event of [
      HlsPlayer.Events.AUDIO_TRACKS_UPDATED,
      HlsPlayer.Events.AUDIO_TRACK_SWITCHED,
    ] as const)
      hls.on(event, () => this.#tell());
    hls.on(HlsPlayer.Events.AUDIO_TRACK_UPDATED, (_event, { id, details }) => {
      // The publisher does not send this one any more: without any sound the picture would stand still, too.
      if (id === hls.audioTrack && details.fragments.at(-1)?.gap === true) this.#choose(0);
    });
  }

  /** Takes one of the choices of `news.state.sounds`. */
  choose(id: string): void {
    this.#choose(soundIndex(this.#hls.audioTracks, id));
  }

  #choose(index: number): void {
    if (index >= 0 && index !== this.#hls.audioTrack) this.#hls.audioTrack = index;
    this.#tell();
  }

  #tell(): void {
    const { audioTracks, audioTrack } = this.#hls;
    this.#news.tell({ sounds: soundsView(audioTracks, audioTrack) });
  }
}
