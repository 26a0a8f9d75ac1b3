import type HlsPlayer from 'hls.js';
import type { SteeredApi } from '../steered-types.ts';

const pictureTimeoutMs = 20_000;

type HlsModule = typeof import('hls.js');

/** Watches as an application with a plain hls.js would. */
class Watcher {
  readonly #video: HTMLVideoElement;
  readonly #hls: HlsPlayer;
  #ending = '';

  constructor(video: HTMLVideoElement, { default: Hls }: HlsModule, url: string) {
    this.#video = video;
    this.#hls = new Hls({ lowLatencyMode: true });
    this.#hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
      if (fatal) this.#ending = details;
    });
    this.#hls.loadSource(url);
    this.#hls.attachMedia(video);
  }

  pictureWidth(): Promise<number> {
    const pictures = this.#hls.createIFramePlayer();
    if (!pictures) throw new Error('there are no pictures for seeking');
    const video = document.createElement('video');
    document.body.append(video);
    const shown = firstPicture(video);
    pictures.attachMedia(video);
    pictures.loadMediaAt(this.#hls.latestLevelDetails?.fragmentStart ?? 0);
    return shown.finally(() => pictures.destroy());
  }

  report(): ReturnType<SteeredApi['report']> {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return Promise.resolve({
      pathway: level?.pathwayId ?? '',
      currentTimeS: this.#video.currentTime,
      ending: this.#ending,
    });
  }
}

/** The first picture that a video element has. */
function firstPicture(video: HTMLVideoElement): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no picture for seeking came')), pictureTimeoutMs);
    video.addEventListener('loadeddata', () => {
      clearTimeout(timer);
      resolve(video.videoWidth);
    });
  });
}

let watcher: Watcher | undefined;
const api: SteeredApi = {
  async watch(url) {
    const video = document.createElement('video');
    document.body.append(video);
    video.muted = true;
    const address = '/vendor/hls.mjs';
    watcher = new Watcher(video, (await import(address)) as HlsModule, url);
    await video.play();
  },
  report() {
    if (!watcher) throw new Error('this page does not watch');
    return watcher.report();
  },
  pictureWidth() {
    if (!watcher) throw new Error('this page does not watch');
    return watcher.pictureWidth();
  },
};
Object.assign(globalThis, { steered: api });
