import type { CaptionWish, TakenCaption } from '#src/core/timed-text.ts';
import type { ExtraMaker } from '../extras.ts';
import type { AnnouncedLanguage } from './config.ts';
import { tooManyCaptions, tooManyLanguages } from './failures.ts';
import { captionLimits, MinuteCount } from './limits.ts';
import { SubtitleRendition } from './subtitle-rendition.ts';
import { CaptionTrack, type LiveMoment } from './track.ts';

/** The captions of one stream in all its languages. */
export class Subtitles {
  readonly #addExtra: (make: ExtraMaker) => void;
  readonly #tracks = new Map<string, CaptionTrack>();
  readonly #rate = new MinuteCount(captionLimits.perMinute);

  /** Languages that are announced have a playlist from the stream's beginning. */
  constructor(addExtra: (make: ExtraMaker) => void, announced: readonly AnnouncedLanguage[]) {
    this.#addExtra = addExtra;
    for (const { language, name } of announced)
      if (!this.#tracks.has(language) && this.#tracks.size < captionLimits.languages)
        this.#open(new CaptionTrack(language, this.#unused(name ?? nameOf(language), language)));
  }

  /** Languages with a playlist, canonical. */
  get languages(): readonly string[] {
    return [...this.#tracks.keys()];
  }

  /**
   * Takes a caption; its language gets a playlist when it has none. Throws `caption-too-late`, `caption-too-early`,
   * `caption-exists`, `too-many-captions`, `too-many-languages`.
   */
  take(wish: CaptionWish, moment: LiveMoment): TakenCaption {
    const { language } = wish;
    const known = this.#tracks.get(language);
    if (!known && this.#tracks.size >= captionLimits.languages)
      throw tooManyLanguages(captionLimits.languages);
    const track = known ?? new CaptionTrack(language, this.#unused(nameOf(language), language));
    const { cue, isNew } = track.check(wish, moment);
    if (!isNew) return track.describe(cue);
    const waitMs = this.#rate.take(moment.nowMs);
    if (waitMs > 0) throw tooManyCaptions(`${captionLimits.perMinute} captions a minute`, waitMs);
    const taken = track.add(cue);
    if (!known) this.#open(track);
    return taken;
  }

  /** Names in a group differ (RFC 8216bis section 4.4.6.1.1). */
  #unused(name: string, language: string): string {
    const isUsed = [...this.#tracks.values()].some((track) => track.name === name);
    return isUsed ? `${name} (${language})` : name;
  }

  #open(track: CaptionTrack): void {
    const id = `s${this.#tracks.size}`;
    this.#tracks.set(track.language, track);
    this.#addExtra((place) => new SubtitleRendition({ id, track, place }));
  }
}

/** What speakers of it call a language, for menus. */
function nameOf(language: string): string {
  const name =
    new Intl.DisplayNames([language], { type: 'language', fallback: 'code' }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}
