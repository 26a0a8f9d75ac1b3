import type { PlayerReport, PlayersApi } from '../players-types.ts';
import { AudioMeter } from './audio-meter.ts';

/** The little of Shaka Player that is used here. */
interface ShakaPlayer extends EventTarget {
  attach(video: HTMLVideoElement): Promise<void>;
  configure(setting: string, value: boolean | number): boolean;
  load(url: string): Promise<void>;
  getPlayheadTimeAsDate(): Date | null;
}
/** What its errors say; 2 is the severity of those that end it. */
interface ShakaError {
  readonly code?: number;
  readonly severity?: number;
  /** Of mistakes of its own, which have no code. */
  readonly stack?: string;
  readonly data?: readonly unknown[];
}
declare const shaka: {
  readonly polyfill: { installAll(): void };
  readonly Player: new () => ShakaPlayer;
};

const startTimeoutMs = 40_000;
const complaintLimit = 50;

/** What a player's own functions tell. */
interface Playing {
  showsAt(): Date | null;
}

/** Where a player complains; `isFatal` where it gives up. */
type Complain = (what: string, isFatal: boolean) => void;

/** One player in its video element. */
class Watched {
  readonly #video: HTMLVideoElement;
  readonly #playing: Playing;
  readonly #audio: AudioMeter;
  readonly #fatal: readonly string[];
  readonly #complaints: readonly string[];
  #playedBeforeMs = 0;
  #pictures = 0;
  #stalls = 0;

  private constructor(
    video: HTMLVideoElement,
    playing: Playing,
    [fatal, complaints]: readonly [readonly string[], readonly string[]],
  ) {
    this.#video = video;
    this.#playing = playing;
    this.#fatal = fatal;
    this.#complaints = complaints;
    this.#audio = new AudioMeter(video);
    video.addEventListener('waiting', () => this.#stalls++);
    this.#nextPicture();
  }

  /** Resolves when it plays. */
  static async open(
    id: string,
    open: (video: HTMLVideoElement, complain: Complain) => Promise<Playing>,
  ): Promise<Watched> {
    const video = document.getElementById(id);
    if (!(video instanceof HTMLVideoElement)) throw new Error(`the page has no video called ${id}`);
    const fatal: string[] = [];
    const complaints: string[] = [];
    const playing = await open(video, (what, isFatal) => {
      const list = isFatal ? fatal : complaints;
      if (list.length < complaintLimit) list.push(what);
    });
    await moving(video, () => `${id} plays nothing: ${[...fatal, ...complaints].join(', ')}`);
    return new Watched(video, playing, [fatal, complaints]);
  }

  reset(): void {
    this.#playedBeforeMs = playedMs(this.#video);
    this.#pictures = 0;
    this.#stalls = 0;
    this.#audio.reset();
  }

  get report(): PlayerReport {
    return {
      playedMs: playedMs(this.#video) - this.#playedBeforeMs,
      showsMs: this.#playing.showsAt()?.getTime() ?? 0,
      pictures: this.#pictures,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      audio: this.#audio.report,
      stalls: this.#stalls,
      fatal: this.#fatal,
      complaints: this.#complaints,
    };
  }

  #nextPicture(): void {
    this.#video.requestVideoFrameCallback(() => {
      this.#pictures++;
      this.#nextPicture();
    });
  }
}

/** Media that an element has played; what it jumped over is not in it. */
function playedMs({ played }: HTMLVideoElement): number {
  let sumS = 0;
  for (let index = 0; index < played.length; index++) sumS += played.end(index) - played.start(index);
  return Math.round(sumS * 1000);
}

/** Sound alone never shows a picture: time that moves is enough. */
function moving(video: HTMLVideoElement, complaint: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(complaint())), startTimeoutMs);
    video.addEventListener('timeupdate', function moved() {
      if (video.currentTime === 0 || video.paused || playedMs(video) === 0) return;
      video.removeEventListener('timeupdate', moved);
      clearTimeout(timer);
      resolve();
    });
  });
}

/** As an application with hls.js and none of its settings would. */
async function playWithHls(url: string, video: HTMLVideoElement, complain: Complain): Promise<Playing> {
  const address = '/vendor/hls.mjs';
  const { default: Hls } = (await import(address)) as typeof import('hls.js');
  const hls = new Hls();
  hls.on(Hls.Events.ERROR, (_event, { details, fatal, error }) =>
    complain(`${details} (${error.message})`, fatal),
  );
  hls.loadSource(url);
  hls.attachMedia(video);
  await video.play();
  return { showsAt: () => hls.playingDate };
}

/** Seconds. */
const seekableS = 30;

/**
 * As an application with Shaka Player would that wants low latency. How far back one may seek is said, because Shaka takes what
 * a young stream has: when it then waits for longer than that it throws away all segments, and stumbles over having none.
 */
async function playWithShaka(url: string, video: HTMLVideoElement, complain: Complain): Promise<Playing> {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener('error', (event) => {
    const { detail } = event as CustomEvent<ShakaError>;
    const facts = (detail.data ?? []).filter((fact) => typeof fact !== 'object');
    complain([detail.code ?? detail.stack, ...facts].join(' '), detail.severity === 2);
  });
  await player.attach(video);
  player.configure('streaming.lowLatencyMode', true);
  player.configure('manifest.availabilityWindowOverride', seekableS);
  await player.load(url);
  await video.play();
  return { showsAt: () => player.getPlayheadTimeAsDate() };
}

let watched: readonly [hls: Watched, shaka: Watched] | undefined;

function need(): readonly [hls: Watched, shaka: Watched] {
  if (!watched) throw new Error('this page does not watch');
  return watched;
}

const api: PlayersApi = {
  async watch(url) {
    watched = await Promise.all([
      Watched.open('hls', (video, complain) => playWithHls(url, video, complain)),
      Watched.open('shaka', (video, complain) => playWithShaka(url, video, complain)),
    ]);
  },
  reset() {
    for (const each of need()) each.reset();
    return Promise.resolve();
  },
  report() {
    const [hls, other] = need();
    return Promise.resolve({ 'hls.js': hls.report, shaka: other.report });
  },
};

Object.assign(globalThis, { players: api });
