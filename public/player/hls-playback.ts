import type Hls from 'hls.js';
import type { ServerClock } from '../shared/server-clock.ts';
import type { TokenHolder } from '../shared/token.ts';
import type { BroadcastOptions } from './broadcast-options.ts';
import { openedBy } from './first-frame.ts';
import { bufferedAheadMs, type HlsModule, readLiveEdge } from './hls-engine.ts';
import {
  afterCalm,
  afterStall,
  hlsSettings,
  latencyByDate,
  nextLatencyStep,
  targetLatencyMs,
  type LatencyTarget,
} from './hls-latency.ts';
import { HlsSounds } from './hls-sounds.ts';
import { HlsText } from './hls-text.ts';
import { PlaybackNews } from './playback-news.ts';
import { automatic, variantOptions } from './quality.ts';
import type { TierEnd, TierPlayback, TierStats } from './tier.ts';

const controlEveryMs = 100;
const calmMs = 30_000;
/** Until the first playlist tells: the usual hold-back of short parts. */
const assumedTarget: LatencyTarget = { holdBackMs: 600, partMs: 200, extraMs: 0 };

/** The broadcast tier: LL-HLS through hls.js. */
export class HlsPlayback implements TierPlayback {
  readonly tier = 'broadcast';
  readonly ended: Promise<TierEnd>;
  readonly news = new PlaybackNews();
  readonly #video: HTMLVideoElement;
  readonly #clock: ServerClock;
  readonly #token: TokenHolder | undefined;
  readonly #closing = new AbortController();
  #end!: (end: TierEnd) => void;
  #hls: Hls | undefined;
  #text: HlsText | undefined;
  #sounds: HlsSounds | undefined;
  #target = assumedTarget;
  #stalls = 0;
  #lastStallMs = 0;
  #bandwidthBps: number | undefined;

  /** Resolves when a frame is on the screen; rejects with why not. */
  static async open(
    engine: Pick<HlsModule, 'default'>,
    options: BroadcastOptions,
    signal: AbortSignal,
  ): Promise<HlsPlayback> {
    const playback = new HlsPlayback(options);
    await openedBy(playback, () => playback.#attach(engine, options.url), { ...options, signal });
    return playback;
  }

  private constructor({ video, clock, token }: BroadcastOptions) {
    this.#video = video;
    this.#clock = clock;
    this.#token = token;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  progress(): number {
    return this.#video.currentTime;
  }

  stats(): Promise<TierStats> {
    const video = this.#video;
    const playing = this.#hls?.playingDate ?? null;
    const level = this.#hls?.levels[this.#hls.currentLevel];
    const quality = video.getVideoPlaybackQuality();
    const edge = this.#hls === undefined ? undefined : readLiveEdge(this.#hls, video);
    const more: [string, string][] = [['Playing rate', `${video.playbackRate.toFixed(2)}×`]];
    if (edge !== undefined) {
      more.push(['Behind the live edge', `${(edge.latencyMs / 1000).toFixed(2)} s`]);
      more.push(['Aims at', `${(targetLatencyMs(this.#target) / 1000).toFixed(2)} s`]);
      if (edge.partMs > 0) more.push(['Part length', `${Math.round(edge.partMs)} ms`]);
    }
    const { offsetMs, uncertaintyMs } = this.#clock;
    if (offsetMs !== undefined) {
      more.push(['Clock difference', `${Math.round(offsetMs)} ± ${Math.round(uncertaintyMs)} ms`]);
    }
    if (this.#bandwidthBps !== undefined)
      more.push(['Download speed', `${(this.#bandwidthBps / 1e6).toFixed(1)} Mbit/s`]);
    return Promise.resolve({
      tier: 'broadcast',
      latency: latencyByDate({ playing, clock: this.#clock, behindEdgeMs: edge?.latencyMs ?? 0 }),
      width: video.videoWidth,
      height: video.videoHeight,
      frameRate: level?.frameRate === 0 ? undefined : level?.frameRate,
      bitrateBps: level?.bitrate,
      videoCodec: level?.videoCodec,
      audioCodec: level?.audioCodec ?? this.#hls?.audioTracks[0]?.audioCodec,
      framesDropped: quality.droppedVideoFrames,
      stalls: this.#stalls,
      bufferMs: bufferedAheadMs(video),
      more,
    });
  }

  choose(id: string): Promise<void> {
    if (this.#hls === undefined) return Promise.resolve();
    // -1 leaves it to hls.js.
    this.#hls.nextLevel = id === automatic ? -1 : Number(id.replace('level:', ''));
    this.#tellQuality(this.#hls, id);
    return Promise.resolve();
  }

  chooseCaptions(id: string): void {
    this.#text?.choose(id);
  }

  chooseSound(id: string): void {
    this.#sounds?.choose(id);
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#end({ why: 'over', detail: 'Stopped.' });
    this.#hls?.destroy();
    this.#hls = undefined;
    const video = this.#video;
    video.playbackRate = 1;
    if (video.srcObject === null && video.hasAttribute('src')) {
      video.removeAttribute('src');
      video.load();
    }
    return Promise.resolve();
  }

  #attach({ default: HlsPlayer }: Pick<HlsModule, 'default'>, url: string): void {
    const video = this.#video;
    video.srcObject = null;
    const hls = new HlsPlayer({
      ...hlsSettings(targetLatencyMs(this.#target) / 1000),
      xhrSetup: (xhr, address) => this.#authorize(xhr, address),
    });
    this.#hls = hls;
    const text = new HlsText(hls, { default: HlsPlayer }, this.news);
    this.#text = text;
    this.#sounds = new HlsSounds(hls, { default: HlsPlayer }, this.news);
    let mediaRecoveries = 0;
    hls.on(HlsPlayer.Events.FRAG_LOADED, () => {
      this.#bandwidthBps = hls.bandwidthEstimate;
    });
    hls.on(HlsPlayer.Events.MANIFEST_PARSED, () => this.#tellQuality(hls, automatic));
    hls.on(HlsPlayer.Events.ERROR, (_event, { fatal, type, details, response }) => {
      if (details === HlsPlayer.ErrorDetails.BUFFER_STALLED_ERROR) this.#stalled();
      // The next request shows another one, where there is one to be had.
      if (response?.code === 401) this.#token?.forget();
      if (!fatal) return;
      if (type === HlsPlayer.ErrorTypes.MEDIA_ERROR && mediaRecoveries++ < 2) {
        hls.recoverMediaError();
        return;
      }
      const status = response?.code === undefined || response.code === 0 ? '' : ` (status ${response.code})`;
      this.#end({ why: 'lost', detail: `The HLS playback broke: ${details}${status}.` });
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    const timer = setInterval(() => {
      this.#control(hls);
      text.look();
    }, controlEveryMs);
    this.#closing.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    const over = (): void => this.#end({ why: 'over', detail: 'The stream has ended.' });
    video.addEventListener('ended', over, { signal: this.#closing.signal });
    void video.play().catch(() => undefined); // Plays after a click where the browser insists on one.
  }

  #tellQuality(hls: Hls, chosen: string): void {
    const options = variantOptions(hls.levels);
    if (options.length > 0) this.news.tell({ quality: { options, chosen, limit: '' } });
  }

  async #authorize(xhr: XMLHttpRequest, address: string): Promise<void> {
    const token = await this.#token?.get();
    if (token === undefined) return;
    // Headers can be set on a request that is open; hls.js opens only those that are not.
    if (xhr.readyState === XMLHttpRequest.UNSENT) xhr.open('GET', address, true);
    xhr.setRequestHeader('Authorization', `Bearer ${token}`);
  }

  #control(hls: Hls): void {
    const video = this.#video;
    const edge = readLiveEdge(hls, video);
    if (edge === undefined || video.paused || video.seeking) return;
    this.#follow(hls, edge.holdBackMs, edge.partMs);
    const { rate, skipMs } = nextLatencyStep({ ...edge, targetMs: targetLatencyMs(this.#target) });
    if (skipMs > 0) video.currentTime += skipMs / 1000;
    if (Math.abs(video.playbackRate - rate) > 0.001) video.playbackRate = rate;
  }

  /** Takes over what the playlist says and forgets old stalls. */
  #follow(hls: Hls, holdBackMs: number, partMs: number): void {
    const now = performance.now();
    let target: LatencyTarget = { ...this.#target, holdBackMs, partMs };
    if (target.extraMs > 0 && now - this.#lastStallMs > calmMs) {
      this.#lastStallMs = now;
      target = afterCalm(target);
    }
    const changed = targetLatencyMs(target) !== targetLatencyMs(this.#target);
    this.#target = target;
    if (!changed) return;
    const { liveSyncDuration, liveMaxLatencyDuration } = hlsSettings(targetLatencyMs(target) / 1000);
    Object.assign(hls.config, { liveSyncDuration, liveMaxLatencyDuration });
  }

  #stalled(): void {
    this.#stalls++;
    this.#lastStallMs = performance.now();
    this.#target = afterStall(this.#target);
  }
}
