import type { Clock } from '#src/core/clock.ts';
import type { CaptionWish, DateRangeWish, ListedDateRange, TakenCaption } from '#src/core/timed-text.ts';
import type { AnnouncedLanguage } from './captions/config.ts';
import { Subtitles } from './captions/subtitles.ts';
import { DateRanges, type DateRangeView } from './dateranges.ts';
import type { ExtraMaker } from './extras.ts';
import type { Listing } from './listing.ts';

/** What a stream's timed text needs. */
export interface StreamTextDeps {
  readonly clock: Clock;
  /** Languages that are announced. */
  readonly languages: readonly AnnouncedLanguage[];
  /** Adds a playlist to the stream. */
  readonly addExtra: (make: ExtraMaker) => void;
}

/** What accompanies the media of one stream: captions, and date ranges. */
export class StreamText {
  readonly #clock: Clock;
  readonly #subtitles: Subtitles;
  readonly #dateRanges = new DateRanges();
  /** Where the newest listed media ends, by the wall clock. */
  #edgeMs: number | undefined;

  constructor({ clock, languages, addExtra }: StreamTextDeps) {
    this.#clock = clock;
    this.#subtitles = new Subtitles(addExtra, languages);
  }

  /** What the playlists say of date ranges now. */
  get dateRanges(): DateRangeView {
    return this.#dateRanges.view;
  }

  /** Throws what {@link Subtitles.take} throws. */
  caption(wish: CaptionWish): TakenCaption {
    return this.#subtitles.take(wish, { nowMs: this.#clock.wallMs(), edgeMs: this.#edgeMs });
  }

  /** Throws what {@link DateRanges.add} throws. */
  dateRange(wish: DateRangeWish): ListedDateRange {
    return this.#dateRanges.add(wish, this.#clock.wallMs());
  }

  /** The main rendition has listed something. */
  follow({ window }: Listing): void {
    this.#dateRanges.follow(window.segments);
    const last = window.segments.at(-1);
    if (last) this.#edgeMs = last.startWallMs + last.durationMs;
  }
}
