import type { ClientExchange, InteropApi, InteropReport } from '../interop-types.ts';
import { openBroadcast } from '../../../public/player/broadcast-playback.ts';
import { ServerClock } from '../../../public/shared/server-clock.ts';
import { AudioMeter } from './audio-meter.ts';
import { openCanvasSource } from './canvas-source.ts';
import { FrameMeter } from './frame-meter.ts';
import { publishWith, type RunningClient } from './interop-publishers.ts';
import { watchWith } from './interop-viewers.ts';
import { RecordedEar } from './recorded-ear.ts';

const exchangeLimit = 500;
const exchanges: ClientExchange[] = [];
/** Ended in this order. */
const running: RunningClient[] = [];
let onlooker: Onlooker | undefined;

/** Clients find their `fetch` here, so what they send can be told. */
function overhearFetch(): void {
  const real = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const response = await real(input, init);
    const path = new URL(input instanceof Request ? input.url : input, location.href).pathname;
    if (!/^\/wh[ie]p\//.test(path) || exchanges.length >= exchangeLimit) return response;
    const sent = new Headers(init?.headers);
    const named = ['authorization', 'content-type', 'etag', 'if-match'];
    const body = typeof init?.body === 'string' ? init.body : '';
    exchanges.push({
      method: init?.method ?? 'GET',
      status: response.status,
      headers: Object.fromEntries(named.flatMap((name) => (sent.has(name) ? [[name, sent.get(name)!]] : []))),
      session: path.split('/').length > 3,
      sections: [...body.matchAll(/^m=(\w+)/gm)].map(([, media]) => media ?? ''),
    });
    return response;
  };
}

function element(): HTMLVideoElement {
  const video = document.querySelector('video');
  if (!video) throw new Error('the page has no video element');
  return video;
}

/** Firefox's name for `captureStream` of an element. */
interface MozMediaElement extends HTMLVideoElement {
  mozCaptureStream?(): MediaStream;
}

/** Looks at the element and listens to what plays in it, whoever put it there. */
class Onlooker {
  readonly #video: MozMediaElement = element();
  readonly #frames = new FrameMeter(this.#video, performance.now());
  readonly #timer: ReturnType<typeof setInterval>;
  #ear: AudioMeter | RecordedEar | undefined;

  constructor() {
    this.#timer = setInterval(() => {
      const { srcObject } = this.#video;
      if (srcObject !== null && this.#video.paused) void this.#video.play();
      this.#ear ??= this.#listen(srcObject);
    }, 100);
  }

  report(): InteropReport {
    return {
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      framesShown: this.#frames.framesShown,
      framesRead: this.#frames.framesRead,
      audio: this.#ear?.report ?? { level: 0, peakHz: 0, audibleShare: 0, listener: 'none' },
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#frames.stop();
    await this.#ear?.stop();
  }

  #listen(source: HTMLMediaElement['srcObject']): AudioMeter | RecordedEar | undefined {
    const hasDevice = this.#video.mozCaptureStream === undefined;
    if (source instanceof MediaStream) {
      const sound = source.getAudioTracks().filter(({ readyState }) => readyState === 'live');
      if (sound.length === 0) return undefined;
      return new (hasDevice ? AudioMeter : RecordedEar)(new MediaStream(sound));
    }
    // An element that is listened to before it plays sometimes stays silent to the listener.
    if (this.#video.currentTime === 0 || this.#video.paused) return undefined;
    if (hasDevice) return new AudioMeter(this.#video);
    const captured = this.#video.mozCaptureStream?.();
    return captured && new RecordedEar(captured);
  }
}

/** The product's own LL-HLS playback, on hls.js. */
async function watchHls(url: string): Promise<RunningClient> {
  const gone = new AbortController();
  // A clock without readings: gateway and page share this machine's.
  const wanted = { video: element(), url, clock: new ServerClock(), timeoutMs: 30_000 };
  const playback = await openBroadcast(wanted, gone.signal);
  return {
    async stop() {
      gone.abort();
      await playback.close();
    },
  };
}

const api: InteropApi = {
  async publish(request) {
    const source = await openCanvasSource(request.toneHz);
    running.push(await publishWith(request, source.stream), source);
  },
  async watch(request) {
    onlooker = new Onlooker();
    running.push(await watchWith(request, element()), onlooker);
  },
  async watchHls(url) {
    onlooker = new Onlooker();
    running.push(await watchHls(url), onlooker);
  },
  report() {
    if (!onlooker) throw new Error('this page does not watch');
    return Promise.resolve(onlooker.report());
  },
  exchanges: () => Promise.resolve(exchanges),
  messages: () => Promise.resolve(running.flatMap(({ messages = [] }) => messages)),
  async selectLayer(layer) {
    const client = running.find((one) => one.selectLayer !== undefined);
    if (!client?.selectLayer) throw new Error('this client cannot choose layers');
    await client.selectLayer(layer);
  },
  async restartIce() {
    const client = running.find((one) => one.restartIce !== undefined);
    if (!client?.restartIce) throw new Error('this client cannot restart');
    await client.restartIce();
  },
  async stop() {
    for (const part of running.splice(0)) await part.stop();
    element().srcObject = null;
  },
};

overhearFetch();
Object.assign(globalThis, { interop: api });
