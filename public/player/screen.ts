import { Emitter } from '../shared/emitter.ts';
import type { DateRangeNews } from './daterange-watch.ts';
import type { PlaybackState } from './playback-news.ts';
import { idleView, type PlayerView } from './player-view.ts';
import { troubleOf } from './player-words.ts';
import type { QualityView } from './quality.ts';
import { Stage } from './stage.ts';
import type { TierPlayback } from './tier.ts';

/** Nothing is wrong. */
export const noTrouble = { problem: undefined, refused: undefined };

/** What is on the screen: the playback in front, and the view that pages show of it. */
export class Screen {
  /**
   * `change` fires with the whole view whenever something in it changed, `dateRange` when what plays comes to one. For pages
   * the container hears of it too, as `frontrow:daterange` with the same `detail`.
   */
  readonly events = new Emitter<{ change: PlayerView; dateRange: DateRangeNews }>();
  readonly stage: Stage;
  readonly #container: HTMLElement;
  #playback: TierPlayback | undefined;
  #ended = false;
  #qualityWish: string | undefined;
  #captionsWish: string | undefined;
  #soundWish: string | undefined;
  /** The playback that was asked for the sound that is wished. */
  #soundAsked: TierPlayback | undefined;
  #view = idleView;

  constructor(container: HTMLElement, muted: boolean) {
    this.#container = container;
    this.stage = new Stage(container, muted);
  }

  get view(): PlayerView {
    return this.#view;
  }

  get playback(): TierPlayback | undefined {
    return this.#playback;
  }

  /** Whether the playback in front has ended by itself. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Changes the view and tells of it. */
  become(change: Partial<PlayerView>): void {
    this.#view = { ...this.#view, ...change };
    this.events.emit('change', this.#view);
  }

  /** Takes one of the view's quality options, also for the playbacks that follow this one. */
  async chooseQuality(id: string): Promise<void> {
    const playback = this.#playback;
    this.#qualityWish = id;
    try {
      await playback?.choose(id);
    } catch (error) {
      this.#qualityWish = undefined;
      if (this.#playback === playback) this.become({ problem: troubleOf(error) });
    }
  }

  /** Takes one of the view's captions, also for the playbacks that follow this one. */
  chooseCaptions(id: string): void {
    this.#captionsWish = id;
    this.#playback?.chooseCaptions?.(id);
  }

  /** Takes one of the view's sounds, also for the playbacks that follow this one. */
  chooseSound(id: string): void {
    this.#soundWish = id;
    this.#soundAsked = this.#playback;
    this.#playback?.chooseSound?.(id);
  }

  /** Brings a playback that shows a picture in the back to the front, and closes the one before it. */
  async promote(playback: TierPlayback, reason: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      await playback.close();
      return;
    }
    const old = this.#playback;
    this.#playback = playback;
    this.#ended = false;
    void playback.ended.then(() => {
      if (this.#playback === playback) this.#ended = true;
    });
    this.stage.swap();
    const allowed = await this.stage.playWithSound();
    const soundBlocked = !allowed || (this.#view.soundBlocked && this.stage.muted);
    const { tier } = playback;
    this.become({ state: 'playing', tier, reason, soundBlocked, ...noTrouble });
    playback.news.events.on('change', (state) => this.#hear(playback, state));
    playback.news.events.on('dateRange', (range) => {
      if (this.#playback === playback) this.#tellDateRange(range);
    });
    this.#hear(playback, playback.news.state);
    await old?.close();
  }

  /** Takes everything off the page. */
  async clear(): Promise<void> {
    const playback = this.#playback;
    this.#playback = undefined;
    this.become({ state: 'stopped', tier: undefined, switchingTo: undefined });
    await playback?.close();
    this.stage.remove();
  }

  #tellDateRange(detail: DateRangeNews): void {
    this.events.emit('dateRange', detail);
    // Out of the shadow of our element too.
    this.#container.dispatchEvent(
      new CustomEvent('frontrow:daterange', { detail, bubbles: true, composed: true }),
    );
  }

  /** Takes over what the playback on the screen was told. */
  #hear(playback: TierPlayback, { live, viewers, quality, captions, sounds }: PlaybackState): void {
    if (this.#playback !== playback) return;
    const { state } = this.#view;
    const isSeated = state === 'playing' || state === 'stalled';
    if (live === false && isSeated) this.become({ state: 'waiting' });
    if (live === true && state === 'waiting') this.become({ state: 'stalled' });
    this.become({ viewers, quality, captions, sounds });
    const wish = this.#qualityWish;
    const isThere = quality?.options.some(({ id }) => id === wish) === true;
    if (wish !== undefined && isThere && quality.chosen !== wish) void this.chooseQuality(wish);
    const words = this.#captionsWish;
    if (words !== undefined && canChange(captions, words)) playback.chooseCaptions?.(words);
    const sound = this.#soundWish;
    // Asked for once in each playback: one that has none of it any more has gone back to the first by itself.
    if (sound !== undefined && this.#soundAsked !== playback && canChange(sounds, sound)) {
      this.#soundAsked = playback;
      playback.chooseSound?.(sound);
    }
  }
}

/** Whether this is another choice than the present one, and is to be had. */
function canChange(menu: QualityView | undefined, wish: string): boolean {
  return menu !== undefined && menu.chosen !== wish && menu.options.some(({ id }) => id === wish);
}
