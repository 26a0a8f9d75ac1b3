import type { Tier } from '../shared/api-types.ts';
import { retryDelayMs, sleep } from '../shared/backoff.ts';
import type { Emitter } from '../shared/emitter.ts';
import { Pause } from '../shared/pause.ts';
import type { TokenSource } from '../shared/token.ts';
import type { DateRangeNews } from './daterange-watch.ts';
import type { PlayerOptions } from './player-options.ts';
import type { PlayerView } from './player-view.ts';
import { reasonTrouble, troubleOf } from './player-words.ts';
import { noTrouble, Screen } from './screen.ts';
import { StallWatch } from './stall-watch.ts';
import type { TierPlayback, TierStats } from './tier.ts';
import { isOffline, isRefused, TierOpener } from './tier-opener.ts';

/** Looks, two a second, between two attempts to get the tier that was refused. */
const wishAgainEvery = 10;
/** A source of tokens whose token was refused is asked again after so long. */
const tokenAgainMs = 10_000;
/** Without one, somebody has to type: the longest that a timer takes. */
const untilTyped = 2 ** 31 - 1;
/** Viewers that are all sent elsewhere do not all come at once. */
const moveSpreadMs = 500;

/**
 * Plays one stream in the tier the gateway's router chooses: WHEP, or LL-HLS when WebRTC does not get through. It waits
 * while the stream is offline, repairs itself, and switches tiers without a gap. To embed it:
 *
 *     <div id="stage" style="aspect-ratio: 16 / 9"></div>
 *     <script type="module">
 *       import { FrontrowPlayer } from 'https://gateway.example/assets/player/frontrow-player.ts';
 *       const player = new FrontrowPlayer(document.getElementById('stage'), { stream: 'lecture' });
 *       player.events.on('change', (view) => console.log(view.state, view.tier, view.reason));
 *       player.start();
 *     </script>
 *
 * `setMuted(false)` from a click gives sound where the browser blocked it; `switchTo('broadcast')` changes the tier;
 * `chooseQuality(id)` takes one of `view.quality.options`, `chooseCaptions(id)` one of `view.captions.options`, `chooseSound(id)` one of
 * `view.sounds.options`; `setToken(token)` answers `view.refused`; `stats()` tells latency
 * and quality; `stop()` ends it. With controls and forms, ready to use, it is the element of frontrow-player-element.ts.
 */
export class FrontrowPlayer {
  /**
   * `change` fires with the whole view whenever something in it changed, `dateRange` when what plays comes to a date range of
   * the stream; the container hears of those as `frontrow:daterange`.
   */
  readonly events: Emitter<{ change: PlayerView; dateRange: DateRangeNews }>;
  readonly #screen: Screen;
  readonly #opener: TierOpener;
  readonly #pause = new Pause();
  #abort: AbortController | undefined;
  #switch: AbortController | undefined;
  #want: Tier | undefined;

  constructor(container: HTMLElement, options: PlayerOptions) {
    this.#want = options.want;
    this.#screen = new Screen(container, options.muted ?? false);
    this.events = this.#screen.events;
    const { server = new URL(import.meta.url).origin, webrtcTimeoutMs = 4_000 } = options;
    const { stream, token, iceServers } = options;
    this.#opener = new TierOpener({ server, stream, token, webrtcTimeoutMs, iceServers });
  }

  get view(): PlayerView {
    return this.#screen.view;
  }

  /** The video element on the screen, e.g. for fullscreen or picture in picture. It changes when the tier does. */
  get video(): HTMLVideoElement {
    return this.#screen.stage.front;
  }

  get muted(): boolean {
    return this.#screen.stage.muted;
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#screen.stage.volume;
  }

  set volume(volume: number) {
    this.#screen.stage.volume = volume;
  }

  /** Starts, and goes on by itself until {@link stop}. */
  start(): void {
    if (this.#abort !== undefined) return;
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    void this.#run(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#fail(error);
    });
  }

  /** Ends playback and leaves the page as it was. */
  async stop(): Promise<void> {
    this.#abort?.abort(new DOMException('Stopped', 'AbortError'));
    this.#abort = undefined;
    this.#switch?.abort();
    await this.#screen.clear();
  }

  /** Sound on or off; call it from a click when `soundBlocked` is set. */
  async setMuted(muted: boolean): Promise<void> {
    const allowed = await this.#screen.stage.setMuted(muted);
    this.#screen.become({ soundBlocked: !allowed });
  }

  /** Another token: after a refusal it goes on with it at once, and a session that lives is left alone. */
  setToken(token: TokenSource): void {
    this.#opener.token = token;
    this.#pause.end();
  }

  /** Takes one of the view's quality options, also for the playbacks that follow this one. */
  chooseQuality(id: string): Promise<void> {
    return this.#screen.chooseQuality(id);
  }

  /** Takes one of the view's captions, also for the playbacks that follow this one. */
  chooseCaptions(id: string): void {
    this.#screen.chooseCaptions(id);
  }

  /** Takes one of the view's sounds, also for the playbacks that follow this one. */
  chooseSound(id: string): void {
    this.#screen.chooseSound(id);
  }

  /** What the playback counts; undefined while nothing plays. */
  stats(): Promise<TierStats | undefined> {
    return this.#screen.playback?.stats() ?? Promise.resolve(undefined);
  }

  /**
   * Asks for the other tier. The new one plays before the old one goes; if it cannot, the old one stays. A tier that the
   * gateway refuses for now is taken when it can be had; asking for the present one forgets that wish.
   */
  async switchTo(tier: Tier): Promise<void> {
    this.#want = tier;
    if (tier === 'interactive') this.#opener.forgiveWebrtc();
    const running = this.#abort;
    this.#switch?.abort();
    if (running === undefined || this.#screen.playback === undefined) return;
    if (this.#screen.playback.tier === tier) {
      this.#screen.become({ problem: undefined });
      return;
    }
    const attempt = new AbortController();
    this.#switch = attempt;
    const signal = AbortSignal.any([running.signal, attempt.signal]);
    this.#screen.become({ switchingTo: tier, problem: undefined });
    try {
      const join = await this.#opener.join(this.#want, signal);
      if (join?.tier === tier) {
        const playback = await this.#opener.open(tier, join, this.#screen.stage.back, signal);
        await this.#screen.promote(playback, join.reason, signal);
      } else if (join !== undefined) {
        this.#screen.become({ reason: join.reason, problem: reasonTrouble(join.reason) });
      }
    } catch (error) {
      if (!signal.aborted) this.#screen.become({ problem: troubleOf(error) });
    } finally {
      if (this.#switch === attempt) {
        this.#switch = undefined;
        this.#screen.become({ switchingTo: undefined });
      }
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      let waitMs = retryDelayMs(Math.min(attempt, 3), Math.random());
      try {
        if (this.#screen.view.state !== 'waiting') this.#screen.become({ state: 'joining' });
        const wanted = this.#want;
        const join = await this.#opener.join(wanted, signal);
        if (join === undefined) {
          this.#screen.become({ state: 'waiting', problem: undefined });
          waitMs = 1_500;
          attempt = 0;
        } else {
          this.#screen.become({ state: 'connecting' });
          const opened = await this.#opener.openEither(join, () => this.#screen.stage.back, signal);
          await this.#screen.promote(opened.playback, opened.reason, signal);
          attempt = -1;
          // Chosen while this one was being opened.
          if (this.#want !== undefined && this.#want !== wanted) void this.switchTo(this.#want);
          await this.#watch(signal);
          waitMs = 200;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isOffline(error)) this.#screen.become({ state: 'waiting', problem: undefined });
        else this.#fail(error);
        if (isRefused(error)) waitMs = this.#screen.view.refused === undefined ? tokenAgainMs : untilTyped;
      }
      if (await this.#pause.wait(waitMs, signal)) this.#screen.become({ state: 'joining', ...noTrouble });
    }
  }

  /** Watches the playback on the screen; resolves when a new one is needed. */
  async #watch(signal: AbortSignal): Promise<void> {
    const stall = new StallWatch();
    let watched: TierPlayback | undefined;
    let steady = 0;
    for (;;) {
      await sleep(500, signal);
      const playback = this.#screen.playback;
      if (playback === undefined || (this.#screen.ended && this.#switch === undefined)) return;
      const { live, moveTo, endsSoon } = playback.news.state;
      if (moveTo !== undefined) {
        playback.news.tell({ moveTo: undefined });
        await sleep(Math.random() * moveSpreadMs, signal);
        if (moveTo === null) return;
        const moved = await this.#opener.openMoved(moveTo, this.#screen.stage.back, signal);
        await this.#screen.promote(moved, this.#screen.view.reason ?? 'default', signal);
        continue;
      }
      if (endsSoon && this.#switch === undefined) await this.#succeed(playback, signal);
      // A hidden page draws nothing, and who is told that the publisher is away need not wonder: standing still means nothing.
      if (playback !== watched || document.hidden || live === false) stall.reset();
      watched = playback;
      if (live === false) continue;
      const verdict = stall.look(playback.progress(), performance.now(), playback.tier);
      if (verdict === 'playing') {
        if (this.#screen.view.state !== 'playing') this.#screen.become({ state: 'playing' });
        if (++steady % wishAgainEvery === 0) await this.#wishAgain(playback.tier, signal);
        continue;
      }
      if (verdict === 'fine') continue;
      if (this.#screen.view.state === 'playing') this.#screen.become({ state: 'stalled' });
      if (verdict !== 'ask') continue;
      // Publisher away: stay seated, it often comes back. Publisher there: this playback is broken.
      const isLive = live ?? (await this.#seats(signal)) !== undefined;
      this.#screen.become({ state: isLive ? 'stalled' : 'waiting' });
      if (isLive && stall.beyondHope(performance.now())) return;
    }
  }

  /** Opens the same tier once more behind the playback on the screen, and changes over without a word. */
  async #succeed(playback: TierPlayback, signal: AbortSignal): Promise<void> {
    const { tier } = playback;
    playback.news.tell({ endsSoon: false });
    try {
      const join = await this.#opener.join(tier, signal);
      if (join?.tier !== tier) return;
      const successor = await this.#opener.open(tier, join, this.#screen.stage.back, signal);
      await this.#screen.promote(successor, this.#screen.view.reason ?? join.reason, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // The old one plays on and asks again; when it ends before that, what is wrong is told then.
      console.info('The playback could not be renewed yet:', error);
    }
  }

  /** Where the router would seat this viewer; 'unknown' to a token that ran out, which ends no session that lives. */
  async #seats(signal: AbortSignal): Promise<Tier | 'unknown' | undefined> {
    try {
      return (await this.#opener.join(this.#want, signal))?.tier;
    } catch (error) {
      if (isRefused(error)) return 'unknown';
      throw error;
    }
  }

  /** The wished tier was not to be had when the viewer came; it may be now. */
  async #wishAgain(tier: Tier, signal: AbortSignal): Promise<void> {
    const { reason, switchingTo } = this.#screen.view;
    const refused = ['broadcast-unavailable', 'interactive-full', 'b-frames'].includes(reason ?? '');
    if (!refused || this.#want === undefined || this.#want === tier || switchingTo !== undefined) return;
    if ((await this.#seats(signal)) === this.#want) await this.switchTo(this.#want);
  }

  #fail(error: unknown): void {
    // Who brings tokens by a function gets them there: a form would ask somebody who has none.
    const refused = isRefused(error) && !this.#opener.renewsToken ? error : undefined;
    this.#screen.become({ state: 'failed', problem: troubleOf(error), refused });
  }
}
