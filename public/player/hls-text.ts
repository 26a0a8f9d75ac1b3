import type Hls from 'hls.js';
import type { DateRange } from 'hls.js';
import { captionsIndex, captionsView } from './captions.ts';
import { type DateRangeNews, DateRangeWatch } from './daterange-watch.ts';
import type { HlsModule } from './hls-engine.ts';
import type { PlaybackNews } from './playback-news.ts';

const plainAttributes = new Set([
  'ID',
  'CLASS',
  'START-DATE',
  'END-DATE',
  'DURATION',
  'PLANNED-DURATION',
  'END-ON-NEXT',
]);

/** What accompanies the media of an LL-HLS stream in hls.js: subtitles to choose, and date ranges that playback comes to. */
export class HlsText {
  readonly #hls: Hls;
  readonly #news: PlaybackNews;
  readonly #watch = new DateRangeWatch();
  #ranges: readonly DateRangeNews[] = [];

  constructor(hls: Hls, { default: HlsPlayer }: Pick<HlsModule, 'default'>, news: PlaybackNews) {
    this.#hls = hls;
    this.#news = news;
    // Browsers draw them; which one is chosen is this player's business, so none begins by itself.
    hls.subtitleDisplay = true;
    for (const event of [
      HlsPlayer.Events.SUBTITLE_TRACKS_UPDATED,
      HlsPlayer.Events.SUBTITLE_TRACK_SWITCH,
    ] as const)
      hls.on(event, () => this.#tell());
    hls.on(HlsPlayer.Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#ranges = Object.values(details.dateRanges).flatMap((range) => (range ? newsOf(range) : []));
    });
  }

  /** Takes one of the choices of `news.state.captions`. */
  choose(id: string): void {
    this.#hls.subtitleTrack = captionsIndex(this.#hls.subtitleTracks, id);
    this.#tell();
  }

  /** Looks where playback is; call it often. */
  look(): void {
    const { playingDate } = this.#hls;
    if (playingDate === null || this.#ranges.length === 0) return;
    for (const range of this.#watch.pass(this.#ranges, playingDate.getTime()))
      this.#news.events.emit('dateRange', range);
  }

  #tell(): void {
    const { subtitleTracks, subtitleTrack } = this.#hls;
    this.#news.tell({ captions: captionsView(subtitleTracks, subtitleTrack) });
  }
}

function newsOf({
  id,
  class: name,
  startDate,
  duration,
  attr,
  isValid,
}: DateRange): readonly DateRangeNews[] {
  if (!isValid) return [];
  const attributes = Object.entries(attr).filter(
    ([key, value]) => typeof value === 'string' && !plainAttributes.has(key),
  ) as [string, string][];
  return [
    {
      ...{ id, class: name === '' ? undefined : name, start: startDate },
      durationMs: duration === null ? undefined : duration * 1000,
      attributes: Object.fromEntries(attributes),
    },
  ];
}
