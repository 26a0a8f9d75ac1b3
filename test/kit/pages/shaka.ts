import type { ShakaApi, ShakaReport } from '../shaka-types.ts';
import { AudioMeter } from './audio-meter.ts';
import { FrameMeter } from './frame-meter.ts';

/** The little of Shaka Player that is used here. */
interface ShakaPlayer extends EventTarget {
  attach(video: HTMLVideoElement): Promise<void>;
  configure(settings: object): boolean;
  load(url: string): Promise<void>;
  isLive(): boolean;
  getVariantTracks(): readonly unknown[];
}
/** What its errors say; 2 is the severity of those that end it. */
interface ShakaError {
  readonly code: number;
  readonly severity: number;
  readonly data?: readonly unknown[];
}
declare const shaka: {
  readonly polyfill: { installAll(): void };
  readonly Player: new () => ShakaPlayer;
};

const firstFrameTimeoutMs = 30_000;
const errorLimit = 50;

/** Watches a stream as an application with Shaka Player would. */
class ShakaWatcher {
  readonly #video: HTMLVideoElement;
  readonly #player: ShakaPlayer;
  readonly #frames: FrameMeter;
  readonly #audio: AudioMeter;
  readonly #errors: string[];

  private constructor(video: HTMLVideoElement, player: ShakaPlayer, errors: string[]) {
    this.#video = video;
    this.#player = player;
    this.#errors = errors;
    this.#frames = new FrameMeter(video, performance.now());
    this.#audio = new AudioMeter(video);
  }

  static async open(video: HTMLVideoElement, url: string, lowLatency: boolean): Promise<ShakaWatcher> {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    const errors: string[] = [];
    player.addEventListener('error', (event) => {
      const { code, severity, data } = (event as CustomEvent<ShakaError>).detail;
      const facts = (data ?? []).filter((fact) => typeof fact !== 'object');
      if (errors.length < errorLimit) errors.push([code, severity, ...facts].join(' '));
    });
    await player.attach(video);
    // As its manual says for low latency; clocks are asked for, not guessed from the newest segment; and docs/hls.md has why a
    // stream that has just begun needs a window.
    player.configure({
      streaming: { lowLatencyMode: lowLatency },
      manifest: { availabilityWindowOverride: 120, dash: { autoCorrectDrift: !lowLatency } },
    });
    await player.load(url);
    await video.play();
    await firstFrame(video);
    return new ShakaWatcher(video, player, errors);
  }

  reset(): void {
    this.#frames.reset();
    this.#audio.reset();
  }

  get report(): ShakaReport {
    const { buffered, currentTime, videoWidth, videoHeight, ended } = this.#video;
    const frames = this.#frames;
    return {
      width: videoWidth,
      height: videoHeight,
      framesShown: frames.framesShown,
      framesRead: frames.framesRead,
      glass: frames.glass,
      longestGapMs: frames.longestGapMs,
      audio: this.#audio.report,
      variants: this.#player.getVariantTracks().length,
      bufferMs: buffered.length > 0 ? (buffered.end(buffered.length - 1) - currentTime) * 1000 : 0,
      errors: this.#errors,
      live: this.#player.isLive(),
      ended,
    };
  }
}

/** Sound alone never shows a frame: time that moves is enough. */
function firstFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nothing was shown')), firstFrameTimeoutMs);
    video.addEventListener('timeupdate', function moved() {
      if (video.currentTime === 0 || video.paused) return;
      video.removeEventListener('timeupdate', moved);
      clearTimeout(timer);
      resolve();
    });
  });
}

let watcher: ShakaWatcher | undefined;

function need(): ShakaWatcher {
  if (!watcher) throw new Error('this page does not watch');
  return watcher;
}

const api: ShakaApi = {
  async watch({ url, lowLatency }) {
    const video = document.querySelector('video');
    if (!video) throw new Error('the page has no video element');
    watcher = await ShakaWatcher.open(video, url, lowLatency);
  },
  resetWatch() {
    need().reset();
    return Promise.resolve();
  },
  report: () => Promise.resolve(need().report),
};

Object.assign(globalThis, { shakaRig: api });
