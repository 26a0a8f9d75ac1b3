import type { Tier } from '../shared/api-types.ts';
import { retryDelayMs, sleep } from '../shared/backoff.ts';
import { Emitter } from '../shared/emitter.ts';
import { SignallingError } from '../shared/signalling.ts';
import type { TokenSource } from '../shared/token.ts';
import type { PlayerView } from './player-view.ts';
import { failureWords } from './player-words.ts';
import { Stage } from './stage.ts';
import { StallWatch } from './stall-watch.ts';
import type { TierPlayback, TierStats } from './tier.ts';
import { isOffline, TierOpener } from './tier-opener.ts';

/** How a {@link FrontrowPlayer} plays. */
export interface PlayerOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** Origin of the gateway; default: the one this file came from. */
  readonly server?: string;
  /** Tier to ask for; without it the gateway decides. */
  readonly want?: Tier;
  /** Bearer token, when the gateway wants one; a function is asked for the next one when a token has run out. */
  readonly token?: TokenSource;
  /** Start without sound; default false, and the browser may insist. */
  readonly muted?: boolean;
  /** How long WebRTC may take until its first frame before HLS takes over; default 4000. */
  readonly webrtcTimeoutMs?: number;
  readonly iceServers?: readonly { readonly urls: string }[];
}

/** Looks, two a second, between two attempts to get the tier that was refused. */
const wishAgainEvery = 10;

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
 * `stats()` tells latency and quality; `stop()` ends it.
 */
export class FrontrowPlayer {
  /** `change` fires with the whole view whenever something in it changed. */
  readonly events = new Emitter<{ change: PlayerView }>();
  readonly #stage: Stage;
  readonly #opener: TierOpener;
  #abort: AbortController | undefined;
  #switch: AbortController | undefined;
  #playback: TierPlayback | undefined;
  #ended = false;
  #want: Tier | undefined;
  #view: PlayerView = {
    state: 'idle',
    tier: undefined,
    reason: undefined,
    switchingTo: undefined,
    soundBlocked: false,
    problem: undefined,
  };

  constructor(container: HTMLElement, options: PlayerOptions) {
    this.#want = options.want;
    this.#stage = new Stage(container, options.muted ?? false);
    this.#opener = new TierOpener({
      server: options.server ?? new URL(import.meta.url).origin,
      stream: options.stream,
      token: options.token,
      webrtcTimeoutMs: options.webrtcTimeoutMs ?? 4_000,
      iceServers: options.iceServers,
    });
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
        const problem = failureWords({ status: 200, code: join.reason, message: '' });
        this.#become({ reason: join.reason, problem });
      }
    } catch (error) {
      if (!signal.aborted) this.#become({ problem: words(error) });
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
      }
      await sleep(waitMs, signal);
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
    this.#become({ state: 'playing', tier: playback.tier, reason, soundBlocked, problem: undefined });
    await old?.close();
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
      // A hidden page draws nothing: standing still means nothing there.
      if (playback !== watched || document.hidden) stall.reset();
      watched = playback;
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
      const live = (await this.#opener.join(this.#want, signal)) !== undefined;
      this.#become({ state: live ? 'stalled' : 'waiting' });
      if (live && stall.beyondHope(performance.now())) return;
    }
  }

  /** The wished tier was not to be had when the viewer came; it may be now. */
  async #wishAgain(tier: Tier, signal: AbortSignal): Promise<void> {
    const { reason, switchingTo } = this.#view;
    const refused = ['broadcast-unavailable', 'interactive-full', 'b-frames'].includes(reason ?? '');
    if (!refused || this.#want === undefined || this.#want === tier || switchingTo !== undefined) return;
    const join = await this.#opener.join(this.#want, signal);
    if (join?.tier === this.#want) await this.switchTo(this.#want);
  }

  #fail(error: unknown): void {
    this.#become({ state: 'failed', problem: words(error) });
  }

  #become(change: Partial<PlayerView>): void {
    this.#view = { ...this.#view, ...change };
    this.events.emit('change', this.#view);
  }
}

function words(error: unknown): { readonly what: string; readonly remedy: string } {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof SignallingError
    ? failureWords({ status: error.status, code: error.code, message })
    : failureWords({ status: undefined, code: '', message });
}
