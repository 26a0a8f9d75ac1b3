import type { Tier } from '../shared/api-types.ts';
import { retryDelayMs, sleep } from '../shared/backoff.ts';
import { Emitter } from '../shared/emitter.ts';
import { Pause } from '../shared/pause.ts';
import type { TokenSource } from '../shared/token.ts';
import type { PlaybackState } from './playback-news.ts';
import type { PlayerOptions } from './player-options.ts';
import { idleView, type PlayerView } from './player-view.ts';
import { reasonTrouble, troubleOf } from './player-words.ts';
import { Stage } from './stage.ts';
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
const noTrouble = { problem: undefined, refused: undefined };

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
 * `chooseQuality(id)` takes one of `view.quality.options`; `setToken(token)` answers `view.refused`; `stats()` tells latency
 * and quality; `stop()` ends it. With controls and forms, ready to use, it is the element of frontrow-player-element.ts.
 */
export class FrontrowPlayer {
  /** `change` fires with the whole view whenever something in it changed. */
  readonly events = new Emitter<{ change: PlayerView }>();
  readonly #stage: Stage;
  readonly #opener: TierOpener;
  readonly #pause = new Pause();
  #abort: AbortController | undefined;
  #switch: AbortController | undefined;
  #playback: TierPlayback | undefined;
  #ended = false;
  #want: Tier | undefined;
  #qualityWish: string | undefined;
  #view = idleView;

  constructor(container: HTMLElement, options: PlayerOptions) {
    this.#want = options.want;
    this.#stage = new Stage(container, options.muted ?? false);
    const { server = new URL(import.meta.url).origin, webrtcTimeoutMs = 4_000 } = options;
    const { stream, token, iceServers } = options;
    this.#opener = new TierOpener({ server, stream, token, webrtcTimeoutMs, iceServers });
  }

  get view(): PlayerView {
    return this.#view;
  }

  /** The video element on the screen, e.g. for fullscreen or picture in picture. It changes when the tier does. */
  get video(): HTMLVideoElement {
    return this.#stage.front;
  }

  get muted(): boolean {
    return this.#stage.muted;
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#stage.volume;
  }

  set volume(volume: number) {
    this.#stage.volume = volume;
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
    const playback = this.#playback;
    this.#playback = undefined;
    this.#become({ state: 'stopped', tier: undefined, switchingTo: undefined });
    await playback?.close();
    this.#stage.remove();
  }

  /** Sound on or off; call it from a click when `soundBlocked` is set. */
  async setMuted(muted: boolean): Promise<void> {
    const allowed = await this.#stage.setMuted(muted);
    this.#become({ soundBlocked: !allowed });
  }

  /** Another token: after a refusal it goes on with it at once, and a session that lives is left alone. */
  setToken(token: TokenSource): void {
    this.#opener.token = token;
    this.#pause.end();
  }

  /** Takes one of the view's quality options, also for the playbacks that follow this one. */
  async chooseQuality(id: string): Promise<void> {
    const playback = this.#playback;
    this.#qualityWish = id;
    try {
      await playback?.choose(id);
    } catch (error) {
      this.#qualityWish = undefined;
      if (this.#playback === playback) this.#become({ problem: troubleOf(error) });
    }
  }

  /** What the playback counts; undefined while nothing plays. */
  stats(): Promise<TierStats | undefined> {
    return this.#playback?.stats() ?? Promise.resolve(undefined);
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
    if (running === undefined || this.#playback === undefined) return;
    if (this.#playback.tier === tier) {
      this.#become({ problem: undefined });
      return;
    }
    const attempt = new AbortController();
    this.#switch = attempt;
    const signal = AbortSignal.any([running.signal, attempt.signal]);
    this.#become({ switchingTo: tier, problem: undefined });
    try {
      const join = await this.#opener.join(this.#want, signal);
      if (join?.tier === tier) {
        const playback = await this.#opener.open(tier, join, this.#stage.back, signal);
        await this.#promote(playback, join.reason, signal);
      } else if (join !== undefined) {
        this.#become({ reason: join.reason, problem: reasonTrouble(join.reason) });
      }
    } catch (error) {
      if (!signal.aborted) this.#become({ problem: troubleOf(error) });
    } finally {
      if (this.#switch === attempt) {
        this.#switch = undefined;
        this.#become({ switchingTo: undefined });
      }
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      let waitMs = retryDelayMs(Math.min(attempt, 3), Math.random());
      try {
        if (this.#view.state !== 'waiting') this.#become({ state: 'joining' });
        const join = await this.#opener.join(this.#want, signal);
        if (join === undefined) {
          this.#become({ state: 'waiting', problem: undefined });
          waitMs = 1_500;
          attempt = 0;
        } else {
          this.#become({ state: 'connecting' });
          const opened = await this.#opener.openEither(join, () => this.#stage.back, signal);
          await this.#promote(opened.playback, opened.reason, signal);
          attempt = -1;
          await this.#watch(signal);
          waitMs = 200;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isOffline(error)) this.#become({ state: 'waiting', problem: undefined });
        else this.#fail(error);
        if (isRefused(error)) waitMs = this.#view.refused === undefined ? tokenAgainMs : untilTyped;
      }
      if (await this.#pause.wait(waitMs, signal)) this.#become({ state: 'joining', ...noTrouble });
    }
  }

  async #promote(playback: TierPlayback, reason: string, signal: AbortSignal): Promise<void> {
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
    this.#stage.swap();
    const allowed = await this.#stage.playWithSound();
    const soundBlocked = !allowed || (this.#view.soundBlocked && this.#stage.muted);
    const { tier } = playback;
    this.#become({ state: 'playing', tier, reason, soundBlocked, ...noTrouble });
    playback.news.events.on('change', (state) => this.#hear(playback, state));
    this.#hear(playback, playback.news.state);
    await old?.close();
  }

  /** Takes over what the playback on the screen was told. */
  #hear(playback: TierPlayback, { live, viewers, quality }: PlaybackState): void {
    if (this.#playback !== playback) return;
    const { state } = this.#view;
    const isSeated = state === 'playing' || state === 'stalled';
    if (live === false && isSeated) this.#become({ state: 'waiting' });
    if (live === true && state === 'waiting') this.#become({ state: 'stalled' });
    this.#become({ viewers, quality });
    const wish = this.#qualityWish;
    const isThere = quality?.options.some(({ id }) => id === wish) === true;
    if (wish !== undefined && isThere && quality.chosen !== wish) void this.chooseQuality(wish);
  }

  /** Watches the playback on the screen; resolves when a new one is needed. */
  async #watch(signal: AbortSignal): Promise<void> {
    const stall = new StallWatch();
    let watched: TierPlayback | undefined;
    let steady = 0;
    for (;;) {
      await sleep(500, signal);
      const playback = this.#playback;
      if (playback === undefined || (this.#ended && this.#switch === undefined)) return;
      const { live, moveTo } = playback.news.state;
      if (moveTo !== undefined) {
        playback.news.tell({ moveTo: undefined });
        await sleep(Math.random() * moveSpreadMs, signal);
        if (moveTo === null) return;
        const moved = await this.#opener.openMoved(moveTo, this.#stage.back, signal);
        await this.#promote(moved, this.#view.reason ?? 'default', signal);
        continue;
      }
      // A hidden page draws nothing, and who is told that the publisher is away need not wonder: standing still means nothing.
      if (playback !== watched || document.hidden || live === false) stall.reset();
      watched = playback;
      if (live === false) continue;
      const verdict = stall.look(playback.progress(), performance.now(), playback.tier);
      if (verdict === 'playing') {
        if (this.#view.state !== 'playing') this.#become({ state: 'playing' });
        if (++steady % wishAgainEvery === 0) await this.#wishAgain(playback.tier, signal);
        continue;
      }
      if (verdict === 'fine') continue;
      if (this.#view.state === 'playing') this.#become({ state: 'stalled' });
      if (verdict !== 'ask') continue;
      // Publisher away: stay seated, it often comes back. Publisher there: this playback is broken.
      const isLive = live ?? (await this.#seats(signal)) !== undefined;
      this.#become({ state: isLive ? 'stalled' : 'waiting' });
      if (isLive && stall.beyondHope(performance.now())) return;
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
    const { reason, switchingTo } = this.#view;
    const refused = ['broadcast-unavailable', 'interactive-full', 'b-frames'].includes(reason ?? '');
    if (!refused || this.#want === undefined || this.#want === tier || switchingTo !== undefined) return;
    if ((await this.#seats(signal)) === this.#want) await this.switchTo(this.#want);
  }

  #fail(error: unknown): void {
    // Who brings tokens by a function gets them there: a form would ask somebody who has none.
    const refused = isRefused(error) && !this.#opener.renewsToken ? error : undefined;
    this.#become({ state: 'failed', problem: troubleOf(error), refused });
  }

  #become(change: Partial<PlayerView>): void {
    this.#view = { ...this.#view, ...change };
    this.events.emit('change', this.#view);
  }
}
