import { openBroadcast } from '../../../public/player/broadcast-playback.ts';
import type { TierPlayback } from '../../../public/player/tier.ts';
import { ServerClock } from '../../../public/shared/server-clock.ts';
import type { HlsReport, WatchReport } from '../rig-types.ts';
import { AudioMeter } from './audio-meter.ts';
import { distribution, FrameMeter } from './frame-meter.ts';

const firstFrameTimeoutMs = 30_000;

/** Watches LL-HLS with the product's own playback, so that its settings and latency controller are what is measured. */
export class HlsWatcher {
  readonly #video: HTMLVideoElement;
  readonly #frames: FrameMeter;
  #audio: AudioMeter | undefined;
  readonly #abort = new AbortController();
  #playback: TierPlayback | undefined;
  #ending = '';

  private constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#frames = new FrameMeter(video, performance.now());
  }

  /** Resolves when a picture is on the screen. */
  static async open(video: HTMLVideoElement, hlsUrl: string): Promise<HlsWatcher> {
    const watcher = new HlsWatcher(video);
    // A clock without readings: gateway and page share this machine's.
    const clock = new ServerClock();
    const playback = await openBroadcast(
      { video, url: hlsUrl, clock, timeoutMs: firstFrameTimeoutMs },
      watcher.#abort.signal,
    );
    watcher.#playback = playback;
    // Only now: an element that is listened to before it has its media sometimes stays silent to the listener.
    watcher.#audio = new AudioMeter(video);
    void playback.ended.then(({ why, detail }) => {
      watcher.#ending = `${why}: ${detail}`;
    });
    return watcher;
  }

  async choose(quality: string): Promise<void> {
    await this.#playback?.choose(quality);
  }

  reset(): void {
    this.#frames.reset();
    this.#audio?.reset();
  }

  async report(): Promise<WatchReport> {
    return {
      joinMs: this.#frames.joinMs,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      framesShown: this.#frames.framesShown,
      framesRead: this.#frames.framesRead,
      framesUnreadable: this.#frames.framesUnreadable,
      glass: this.#frames.glass,
      received: distribution([]),
      decoded: distribution([]),
      longestGapMs: this.#frames.longestGapMs,
      largestStep: this.#frames.largestStep,
      framesBack: this.#frames.framesBack,
      audio: this.#audio?.report ?? { level: 0, peakHz: 0, audibleShare: 0, listener: 'none' },
      rtc: undefined,
      hls: await this.#hlsReport(),
    };
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#frames.stop();
    await this.#playback?.close();
    await this.#audio?.stop();
  }

  async #hlsReport(): Promise<HlsReport> {
    const stats = await this.#playback?.stats();
    return {
      latencyMs: stats?.latency?.ms ?? 0,
      playbackRate: this.#video.playbackRate,
      bufferMs: stats?.bufferMs ?? 0,
      stalls: stats?.stalls ?? 0,
      ending: this.#ending,
      audioCodec: stats?.audioCodec ?? '',
      facts: (stats?.more ?? []).map(([name, value]) => `${name} ${value}`),
    };
  }
}
