import type Hls from 'hls.js';

import type { HlsReport, WatchReport } from '../rig-types.ts';
import { AudioMeter } from './audio-meter.ts';
import { distribution, FrameMeter } from './frame-meter.ts';
import { keepLatency } from './hls-latency.ts';

const errorLimit = 50;
/** Not a literal, so that the type checker takes the types from the package instead of looking for this file. */
const libraryUrl: string = '/vendor/hls.mjs';

/** Watches LL-HLS with hls.js. */
export class HlsWatcher {
  readonly #video: HTMLVideoElement;
  readonly #frames: FrameMeter;
  readonly #hls: Hls;
  readonly #audio: AudioMeter;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #errors: string[] = [];
  readonly #fatal: string[] = [];
  readonly #counters = new Set<number>();
  #stalls = 0;
  #codecs = '';

  private constructor(video: HTMLVideoElement, library: typeof Hls, hlsUrl: string) {
    this.#video = video;
    this.#frames = new FrameMeter(video, performance.now());
    this.#audio = new AudioMeter(video);
    this.#hls = new library({
      lowLatencyMode: true,
      liveSyncOnStallIncrease: 0.05,
      maxLiveSyncPlaybackRate: 1,
      backBufferLength: 10,
    });
    this.#listen(library);
    this.#hls.loadSource(hlsUrl);
    this.#hls.attachMedia(video);
    this.#timer = setInterval(() => keepLatency(this.#hls, video), 100);
  }

  static async open(video: HTMLVideoElement, hlsUrl: string): Promise<HlsWatcher> {
    const { default: library } = (await import(libraryUrl)) as { default: typeof Hls };
    return new HlsWatcher(video, library, hlsUrl);
  }

  reset(): void {
    this.#frames.reset();
    this.#audio.reset();
  }

  report(): WatchReport {
    return {
      joinMs: this.#frames.joinMs,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      framesRead: this.#frames.framesRead,
      framesUnreadable: this.#frames.framesUnreadable,
      glass: this.#frames.glass,
      decoded: distribution([]),
      longestGapMs: this.#frames.longestGapMs,
      largestStep: this.#frames.largestStep,
      audio: this.#audio.report,
      rtc: undefined,
      hls: this.#hlsReport(),
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#frames.stop();
    this.#hls.destroy();
    await this.#audio.stop();
  }

  #listen(library: typeof Hls): void {
    this.#hls.on(library.Events.ERROR, (_event, data) => {
      const text = `${data.type} ${data.details}: ${data.error.message}`;
      if (this.#errors.length < errorLimit) this.#errors.push(text);
      if (data.details === library.ErrorDetails.BUFFER_STALLED_ERROR) this.#stalls++;
      if (data.fatal && this.#fatal.length < errorLimit) this.#fatal.push(text);
    });
    this.#hls.on(library.Events.FRAG_CHANGED, (_event, { frag }) => this.#counters.add(frag.cc));
    this.#hls.on(library.Events.MANIFEST_PARSED, (_event, { levels }) => {
      this.#codecs = levels[0]?.attrs['CODECS'] ?? '';
      void this.#video.play();
    });
  }

  #hlsReport(): HlsReport {
    return {
      latencyMs: this.#hls.latency * 1000,
      targetLatencyMs: (this.#hls.targetLatency ?? 0) * 1000,
      playbackRate: this.#video.playbackRate,
      stalls: this.#stalls,
      fatalErrors: this.#fatal,
      errors: this.#errors,
      discontinuities: Math.max(0, this.#counters.size - 1),
      codecs: this.#codecs,
    };
  }
}
