/** A date range of the stream, as pages hear of it when what plays has come to it. */
export interface DateRangeNews {
  readonly id: string;
  readonly class: string | undefined;
  readonly start: Date;
  /** Undefined while nobody has told. */
  readonly durationMs: number | undefined;
  /** Every attribute of the tag but ID, CLASS and times: text without its quotes. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** More than any playlist lists. */
const maxKnown = 256;

/** Tells once of each date range that playback comes to; not of those that were over when playback began. */
export class DateRangeWatch {
  readonly #told = new Set<string>();
  #beganMs: number | undefined;

  /** Those that what plays now, by the stream's own clock, has come to since the last look. */
  pass(ranges: readonly DateRangeNews[], playingMs: number): readonly DateRangeNews[] {
    this.#beganMs ??= playingMs;
    const beganMs = this.#beganMs;
    const news = ranges.filter((range) => {
      const startMs = range.start.getTime();
      if (startMs > playingMs || this.#told.has(range.id)) return false;
      this.#tell(range.id);
      return startMs + (range.durationMs ?? 0) >= beganMs;
    });
    return news.toSorted((one, other) => one.start.getTime() - other.start.getTime());
  }

  /** Remembers the newest ones: the oldest have long left the playlist. */
  #tell(id: string): void {
    this.#told.add(id);
    const [oldest] = this.#told;
    if (this.#told.size > maxKnown && oldest !== undefined) this.#told.delete(oldest);
  }
}
