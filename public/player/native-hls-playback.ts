import type { BroadcastPassView } from '../shared/api-types.ts';
import type { ServerClock } from '../shared/server-clock.ts';
import type { BroadcastOptions } from './broadcast-options.ts';
import { openedBy } from './first-frame.ts';
import { bufferedAheadMs } from './hls-engine.ts';
import { latencyByDate } from './hls-latency.ts';
import { type AudioTrackList, NativeSounds } from './native-sounds.ts';
import { NativeText } from './native-text.ts';
import { passRenewalMs } from './pass-renewal.ts';
import { PlaybackNews } from './playback-news.ts';
import type { TierEnd, TierPlayback, TierStats } from './tier.ts';

/** Browsers that play HLS by themselves have audio tracks; the others do not know the word. */
type ChoosingVideo = HTMLVideoElement & { readonly audioTracks?: AudioTrackList };

/** How to open it: everything that it needs is in its URL, also the pass. */
export type NativeHlsOptions = Omit<BroadcastOptions, 'token'>;

/**
 * The broadcast tier in the browser's own player, which loads by itself what its URL leads to. It keeps to that URL until its
 * end: before a pass in it runs out it asks for a successor.
 */
export class NativeHlsPlayback implements TierPlayback {
  readonly tier = 'broadcast';
  readonly ended: Promise<TierEnd>;
  readonly news = new PlaybackNews();
  readonly #video: HTMLVideoElement;
  readonly #clock: ServerClock;
  readonly #closing = new AbortController();
  #end!: (end: TierEnd) => void;
  readonly #text: NativeText;
  readonly #sounds: NativeSounds;
  #stalls = 0;

  /** Resolves when a frame is on the screen; rejects with why not. */
  static async open(options: NativeHlsOptions, signal: AbortSignal): Promise<NativeHlsPlayback> {
    const playback = new NativeHlsPlayback(options);
    await openedBy(playback, () => playback.#play(options), { ...options, signal });
    return playback;
  }

  private constructor({ video, clock }: Omit<NativeHlsOptions, 'video'> & { readonly video: ChoosingVideo }) {
    this.#video = video;
    this.#clock = clock;
    this.#text = new NativeText(video.textTracks, this.news, this.#closing.signal);
    this.#sounds = new NativeSounds(video.audioTracks, this.news, this.#closing.signal);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  progress(): number {
    return this.#video.currentTime;
  }

  stats(): Promise<TierStats> {
    const video = this.#video;
    return Promise.resolve({
      tier: 'broadcast',
      latency: latencyByDate({ playing: playingDate(video), clock: this.#clock, behindEdgeMs: 0 }),
      width: video.videoWidth,
      height: video.videoHeight,
      frameRate: undefined,
      bitrateBps: undefined,
      videoCodec: undefined,
      audioCodec: undefined,
      framesDropped: video.getVideoPlaybackQuality().droppedVideoFrames,
      stalls: this.#stalls,
      bufferMs: bufferedAheadMs(video),
      more: [['Playing rate', `${video.playbackRate.toFixed(2)}×`]],
    });
  }

  /** It chooses among the variants by itself. */
  choose(): Promise<void> {
    return Promise.resolve();
  }

  chooseCaptions(id: string): void {
    this.#text.choose(id);
  }

  chooseSound(id: string): void {
    this.#sounds.choose(id);
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#end({ why: 'over', detail: 'Stopped.' });
    this.#video.removeAttribute('src');
    this.#video.load();
    return Promise.resolve();
  }

  #play({ video, url, pass, clock }: NativeHlsOptions): void {
    const { signal } = this.#closing;
    const on = (event: string, hear: () => void): void => video.addEventListener(event, hear, { signal });
    on('waiting', () => this.#stalls++);
    on('ended', () => this.#end({ why: 'over', detail: 'The stream has ended.' }));
    on('error', () => {
      const detail = video.error?.message || 'The browser could not play the HLS stream.';
      this.#end({ why: 'lost', detail });
    });
    if (pass !== undefined) this.#renewInTime(pass, clock);
    video.srcObject = null;
    video.src = url;
    void video.play().catch(() => undefined); // A click starts it where the browser insists; other trouble is told by `error`.
  }

  /** Asks for a successor, and again when none came. */
  #renewInTime(pass: BroadcastPassView, clock: ServerClock): void {
    const remainingMs = Date.parse(pass.expiresAt) - (Date.now() + (clock.offsetMs ?? 0));
    const timer = setTimeout(
      () => {
        this.news.tell({ endsSoon: true });
        this.#renewInTime(pass, clock);
      },
      passRenewalMs(remainingMs, Math.random()),
    );
    this.#closing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
}

/** Safari tells the date of its time line's start. */
function playingDate(video: HTMLVideoElement & { getStartDate?: () => Date }): Date | null {
  const start = video.getStartDate?.();
  return start === undefined || Number.isNaN(start.getTime())
    ? null
    : new Date(start.getTime() + video.currentTime * 1000);
}
