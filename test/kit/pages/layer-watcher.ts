import type { LayerStats, LayerWatchApi, LayerWatchOptions, ShownFrame } from '../layer-watch-types.ts';
import { negotiateOverHttp, type HttpSession } from './peer.ts';

/** Frames kept until they are taken: some minutes. */
const frameLimit = 20_000;

/** Watches as a plain player does and notes when each frame was shown and how wide it was. */
class LayerWatcher {
  readonly #peer = new RTCPeerConnection();
  readonly #stream = new MediaStream();
  readonly #video: HTMLVideoElement;
  #frames: ShownFrame[] = [];
  #session: HttpSession | undefined;
  #running = true;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    video.srcObject = this.#stream;
    video.muted = true;
    this.#peer.addEventListener('track', ({ track }) => {
      this.#stream.addTrack(track);
      void video.play();
    });
    this.#next();
  }

  async watch(whepUrl: string, options: LayerWatchOptions): Promise<void> {
    this.#peer.addTransceiver('video', { direction: 'recvonly' });
    this.#peer.addTransceiver('audio', { direction: 'recvonly' });
    const amend = options.remb === true ? withoutTransportFeedback : undefined;
    this.#session = await negotiateOverHttp(this.#peer, whepUrl, 'none', amend);
  }

  async take(): Promise<{ frames: readonly ShownFrame[]; stats: LayerStats }> {
    const frames = this.#frames;
    this.#frames = [];
    return { frames, stats: await this.#stats() };
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#session?.end();
    this.#peer.close();
  }

  #next(): void {
    this.#video.requestVideoFrameCallback((nowMs, { width }) => {
      if (!this.#running) return;
      if (this.#frames.length < frameLimit)
        this.#frames.push({ atMs: performance.timeOrigin + nowMs, width });
      this.#next();
    });
  }

  async #stats(): Promise<LayerStats> {
    let video: Record<string, unknown> = {};
    let audioPackets = 0;
    // RTCStatsReport is only declared as `any` valued.
    (await this.#peer.getStats()).forEach((entry: Record<string, unknown>) => {
      if (entry['type'] !== 'inbound-rtp') return;
      if (entry['kind'] === 'video') video = entry;
      else audioPackets = Number(entry['packetsReceived'] ?? 0);
    });
    const count = (name: string): number => Number(video[name] ?? 0);
    return {
      connection: this.#peer.connectionState,
      freezes: count('freezeCount'),
      framesDecoded: count('framesDecoded'),
      framesDropped: count('framesDropped'),
      packetsLost: count('packetsLost'),
      retransmitted: count('retransmittedPacketsReceived'),
      nacks: count('nackCount'),
      keyframeRequests: count('pliCount'),
      jitterBufferMs: (count('jitterBufferDelay') / Math.max(1, count('jitterBufferEmittedCount'))) * 1000,
      bytes: count('bytesReceived'),
      audioPackets,
    };
  }
}

/** Takes the feedback out of the offer: the browser then estimates as a receiver and sends REMB. */
function withoutTransportFeedback(sdp: string): string {
  const lines = sdp.split('\r\n');
  return lines.filter((line) => !/transport-cc|transport-wide-cc/.test(line)).join('\r\n');
}

let watcher: LayerWatcher | undefined;

function watching(): LayerWatcher {
  if (watcher === undefined) throw new Error('this page does not watch');
  return watcher;
}

const api: LayerWatchApi = {
  watch(whepUrl, options = {}) {
    const video = document.querySelector('video');
    if (!video) throw new Error('the page has no video element');
    watcher = new LayerWatcher(video);
    return watcher.watch(whepUrl, options);
  },
  take: () => watching().take(),
  async stop() {
    await watching().stop();
    watcher = undefined;
  },
};

Object.assign(globalThis, { layerWatch: api });
