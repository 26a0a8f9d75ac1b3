import { linkTarget } from '../shared/link-header.ts';
import {
  followViewerEvents,
  layerRelation,
  type ViewerEvent,
  viewerEventsRelation,
} from '../shared/viewer-events.ts';
import { WhepClient } from '../shared/whep-client.ts';
import { firstFrame } from './first-frame.ts';
import { frameCount } from './frame-count.ts';
import { PlaybackNews } from './playback-news.ts';
import { soundOnly } from './quality.ts';
import { SessionLayers } from './session-layers.ts';
import type { TierEnd, TierPlayback, TierStats } from './tier.ts';
import { estimateWebrtcLatency, rateOf } from './webrtc-latency.ts';

/** How to open the front row. */
export interface WhepPlaybackOptions {
  readonly video: HTMLVideoElement;
  readonly url: string;
  readonly token?: string | undefined;
  readonly iceServers?: readonly { readonly urls: string }[] | undefined;
  /** How long until the first frame before it counts as failed. */
  readonly timeoutMs: number;
}

/** Parts of getStats that are used, by the report's type. */
interface Reading {
  readonly atMs: number;
  readonly video: RTCInboundRtpStreamStats | undefined;
  readonly audio: RTCInboundRtpStreamStats | undefined;
  readonly pair: RTCIceCandidatePairStats | undefined;
  readonly codecs: ReadonlyMap<string, string>;
}

/** Fields by which entries of a report are told apart. */
interface StatsEntry extends RTCStats {
  readonly kind?: string;
  readonly mimeType?: string;
  /** Firefox marks the pair itself; the standard names it in the transport. */
  readonly selected?: boolean;
}

/** The interactive tier: WebRTC over WHEP. */
export class WhepPlayback implements TierPlayback {
  readonly tier = 'interactive';
  readonly ended: Promise<TierEnd>;
  readonly news = new PlaybackNews();
  readonly #client: WhepClient;
  readonly #video: HTMLVideoElement;
  readonly #closing = new AbortController();
  #layers: SessionLayers | undefined;
  #before: Reading | undefined;
  #last: TierStats | undefined;

  /** Resolves when a frame is on the screen (or, without video, when sound plays); rejects with why not. */
  static async open(options: WhepPlaybackOptions, signal: AbortSignal): Promise<WhepPlayback> {
    const { video, url, token, timeoutMs, iceServers } = options;
    const client = new WhepClient({
      url,
      reconnect: false,
      connectTimeoutMs: timeoutMs,
      ...(token === undefined ? {} : { token }),
      ...(iceServers === undefined ? {} : { iceServers }),
    });
    const playback = new WhepPlayback(client, video);
    try {
      const stopped = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('Stopped', 'AbortError')), {
          once: true,
        });
      });
      await Promise.race([client.start(), stopped]);
      await firstFrame(video, timeoutMs, signal);
      playback.#follow();
    } catch (error) {
      await playback.close();
      throw error;
    }
    return playback;
  }

  private constructor(client: WhepClient, video: HTMLVideoElement) {
    this.#client = client;
    this.#video = video;
    client.events.on('stream', (stream) => {
      if (video.srcObject === stream) return;
      video.removeAttribute('src');
      video.srcObject = stream;
      // Whether sound is allowed is the player's question; here only the start matters.
      void video.play().catch(() => undefined);
    });
    this.ended = new Promise((resolve) => {
      client.events.on('status', (status) => {
        if (status.state === 'failed') resolve({ why: 'lost', detail: status.error.message });
        if (status.state === 'stopped') resolve({ why: 'over', detail: 'Stopped.' });
      });
    });
  }

  progress(): number {
    // A live MediaStream's clock runs on without media, so only frames prove that the picture moves.
    const video = this.#video;
    const isPictureOff = this.news.state.quality?.chosen === soundOnly;
    return video.videoWidth > 0 && !isPictureOff ? frameCount(video, document.hidden) : video.currentTime;
  }

  async stats(): Promise<TierStats> {
    const now = await this.#read();
    const before = this.#before;
    // Rates over less than half a second are mostly noise: keep what was said last.
    if (before !== undefined && now.atMs - before.atMs < 500 && this.#last !== undefined) return this.#last;
    this.#before = now;
    this.#last = describe(before, now, this.#video);
    return this.#last;
  }

  async choose(id: string): Promise<void> {
    await this.#layers?.choose(id, this.#closing.signal);
    this.#tellQuality();
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('Stopped', 'AbortError'));
    await this.#client.stop();
    this.#video.srcObject = null;
  }

  /** Takes up what the gateway offers beside the media; a gateway that offers nothing is fine too. */
  #follow(): void {
    const { opened } = this.#client;
    if (opened === undefined) return;
    const { signal } = this.#closing;
    const { token } = opened.endpoint;
    const layers = linkTarget(opened.links, layerRelation);
    const tracks = (this.#video.srcObject as MediaStream | null)?.getTracks() ?? [];
    const has = (kind: string): boolean => tracks.some((track) => track.kind === kind);
    if (layers !== undefined && has('video')) {
      this.#layers = new SessionLayers({ url: layers, token }, has('audio'));
      this.#layers.load(signal).then(
        () => this.#tellQuality(),
        (error: unknown) => {
          // Without it there is no menu, and everything else goes on.
          if (!signal.aborted) console.info('The layers could not be asked for:', error);
        },
      );
    }
    const events = linkTarget(opened.links, viewerEventsRelation);
    if (events !== undefined)
      void followViewerEvents({ url: events, token }, (event) => this.#hear(event), signal);
  }

  #hear(event: ViewerEvent): void {
    switch (event.name) {
      case 'active':
      case 'inactive':
        this.news.tell({ live: event.name === 'active' });
        return;
      case 'viewercount':
        this.news.tell({ viewers: event.viewers });
        return;
      case 'layers':
        this.#layers?.hear(event.layers);
        this.#tellQuality();
        return;
      case 'reconnect':
        this.news.tell({ moveTo: event.url ?? null });
    }
  }

  #tellQuality(): void {
    const quality = this.#layers?.view;
    // One choice is none.
    if (quality !== undefined && quality.options.length > 1) this.news.tell({ quality });
  }

  async #read(): Promise<Reading> {
    const codecs = new Map<string, string>();
    const report = await this.#client.getStats();
    let video: RTCInboundRtpStreamStats | undefined;
    let audio: RTCInboundRtpStreamStats | undefined;
    let pair: RTCIceCandidatePairStats | undefined;
    report?.forEach((entry: StatsEntry) => {
      if (entry.type === 'codec' && entry.mimeType !== undefined) codecs.set(entry.id, entry.mimeType);
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') video = entry as RTCInboundRtpStreamStats;
      if (entry.type === 'inbound-rtp' && entry.kind === 'audio') audio = entry as RTCInboundRtpStreamStats;
      if (isSelectedPair(entry, report)) pair = entry as RTCIceCandidatePairStats;
    });
    return { atMs: performance.now(), video, audio, pair, codecs };
  }
}

/** Several pairs may be nominated over time; only the one in use counts. */
function isSelectedPair(entry: StatsEntry, report: RTCStatsReport): boolean {
  if (entry.type !== 'candidate-pair') return false;
  if (entry.selected !== undefined) return entry.selected;
  let selected = false;
  report.forEach((other: RTCTransportStats) => {
    if (other.type === 'transport') selected ||= other.selectedCandidatePairId === entry.id;
  });
  return selected;
}

function describe(before: Reading | undefined, now: Reading, element: HTMLVideoElement): TierStats {
  const elapsedMs = before === undefined ? 0 : now.atMs - before.atMs;
  const { video, audio, pair, codecs } = now;
  const media = video ?? audio;
  const byteRate = rateOf(before?.pair?.bytesReceived, pair?.bytesReceived, elapsedMs);
  const buffered = rateOf(before?.video?.jitterBufferDelay, video?.jitterBufferDelay, 1000);
  const emitted = rateOf(before?.video?.jitterBufferEmittedCount, video?.jitterBufferEmittedCount, 1000);
  const more: [string, string][] = [];
  if (pair?.currentRoundTripTime !== undefined)
    more.push(['Round trip', `${Math.round(pair.currentRoundTripTime * 1000)} ms`]);
  if (media?.packetsLost !== undefined) more.push(['Packets lost', String(Math.max(0, media.packetsLost))]);
  if (video?.nackCount !== undefined) more.push(['Resends asked for', String(video.nackCount)]);
  if (video?.pliCount !== undefined) more.push(['Keyframes asked for', String(video.pliCount)]);
  return {
    tier: 'interactive',
    latency:
      media === undefined
        ? undefined
        : estimateWebrtcLatency(
            video ? before?.video : before?.audio,
            media,
            pair?.currentRoundTripTime,
            video?.framesPerSecond,
          ),
    width: element.videoWidth,
    height: element.videoHeight,
    frameRate: video?.framesPerSecond,
    bitrateBps: byteRate === undefined ? undefined : byteRate * 8,
    videoCodec: codecs.get(video?.codecId ?? ''),
    audioCodec: codecs.get(audio?.codecId ?? ''),
    framesDropped: video?.framesDropped,
    stalls: video?.freezeCount ?? 0,
    bufferMs:
      buffered !== undefined && emitted !== undefined && emitted > 0
        ? (buffered / emitted) * 1000
        : undefined,
    more,
  };
}
