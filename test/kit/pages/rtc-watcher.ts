import { stampAgeMs } from '../barcode.ts';
import type { Gathering, RtcReport, WatchReport } from '../rig-types.ts';
import { AudioMeter } from './audio-meter.ts';
import { wallAtMs } from './clock.ts';
import { distribution, FrameMeter } from './frame-meter.ts';
import { gathered, type HttpSession, negotiateOverHttp, restartOverHttp } from './peer.ts';
import { TrackMeter } from './track-meter.ts';

const sampleLimit = 20_000;

/** Watches over WebRTC: from a gateway by WHEP, or straight from another page. */
export class RtcWatcher {
  readonly #peer = new RTCPeerConnection();
  readonly #stream = new MediaStream();
  readonly #frames: FrameMeter;
  readonly #received: number[] = [];
  #decoded: TrackMeter | undefined;
  #audio: AudioMeter | undefined;
  #session: HttpSession | undefined;

  constructor(video: HTMLVideoElement) {
    this.#frames = new FrameMeter(video, performance.now(), (metadata) => this.#noteArrival(metadata));
    video.srcObject = this.#stream;
    this.#peer.addEventListener('track', ({ track, receiver }) => {
      receiver.jitterBufferTarget = 0;
      this.#stream.addTrack(track);
      if (track.kind === 'video') this.#decoded ??= new TrackMeter(track);
      else this.#audio ??= new AudioMeter(new MediaStream([track]));
      void video.play();
    });
  }

  /** Watches a WHEP endpoint; gives the session's URL. */
  async view(whepUrl: string, gathering: Gathering): Promise<string> {
    this.#peer.addTransceiver('video', { direction: 'recvonly' });
    this.#peer.addTransceiver('audio', { direction: 'recvonly' });
    this.#session = await negotiateOverHttp(this.#peer, whepUrl, gathering);
    return this.#session.location;
  }

  /** Answers another page's offer, complete with candidates. */
  async answer(offer: string): Promise<string> {
    await this.#peer.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#peer.setLocalDescription();
    await gathered(this.#peer);
    return this.#peer.localDescription?.sdp ?? '';
  }

  /** Restarts ICE of the WHEP session. */
  async restart(): Promise<number> {
    if (!this.#session) throw new Error('only a WHEP session can restart');
    return restartOverHttp(this.#peer, this.#session);
  }

  reset(): void {
    this.#frames.reset();
    this.#received.length = 0;
    this.#decoded?.reset();
    this.#audio?.reset();
  }

  async report(video: HTMLVideoElement): Promise<WatchReport> {
    return {
      joinMs: this.#frames.joinMs,
      width: video.videoWidth,
      height: video.videoHeight,
      framesShown: this.#frames.framesShown,
      framesRead: this.#frames.framesRead,
      framesUnreadable: this.#frames.framesUnreadable,
      glass: this.#frames.glass,
      received: distribution(this.#received),
      decoded: this.#decoded?.decoded ?? distribution([]),
      longestGapMs: this.#frames.longestGapMs,
      largestStep: this.#frames.largestStep,
      framesBack: this.#frames.framesBack,
      audio: this.#audio?.report ?? { level: 0, peakHz: 0, audibleShare: 0, listener: 'none' },
      rtc: await this.#rtcReport(),
      hls: undefined,
    };
  }

  async stop(): Promise<void> {
    this.#frames.stop();
    await this.#session?.end();
    this.#peer.close();
    await this.#decoded?.stop();
    await this.#audio?.stop();
  }

  /** The display tells when a frame's last packet came, the decoder's track what the frame carried. */
  #noteArrival({ rtpTimestamp, receiveTime }: VideoFrameCallbackMetadata): void {
    if (rtpTimestamp === undefined || receiveTime === undefined) return;
    const stamp = this.#decoded?.stampOf(rtpTimestamp);
    if (!stamp || this.#received.length >= sampleLimit) return;
    this.#received.push(stampAgeMs(stamp, wallAtMs(receiveTime)));
  }

  async #rtcReport(): Promise<RtcReport> {
    const all: Record<string, unknown>[] = [];
    (await this.#peer.getStats()).forEach((value: Record<string, unknown>) => all.push(value));
    const inbound = (kind: string): Record<string, unknown> =>
      all.find((entry) => entry['type'] === 'inbound-rtp' && entry['kind'] === kind) ?? {};
    const video = inbound('video');
    const audio = inbound('audio');
    const codec = all.find((entry) => entry['id'] === video['codecId']);
    const selected = all.find((entry) => entry['type'] === 'transport')?.['selectedCandidatePairId'];
    const pair = all.find((entry) => entry['id'] === selected);
    const protocol = all.find((entry) => entry['id'] === pair?.['localCandidateId'])?.['protocol'];
    const number = (entry: Record<string, unknown>, name: string): number => Number(entry[name] ?? 0);
    const emitted = number(video, 'jitterBufferEmittedCount');
    return {
      connection: this.#peer.connectionState,
      transport: typeof protocol === 'string' ? protocol : '',
      offer: this.#session?.offer ?? '',
      videoCodec: typeof codec?.['mimeType'] === 'string' ? codec['mimeType'] : '',
      framesDecoded: number(video, 'framesDecoded'),
      framesDropped: number(video, 'framesDropped'),
      keyframesDecoded: number(video, 'keyFramesDecoded'),
      freezes: number(video, 'freezeCount'),
      frozenMs: number(video, 'totalFreezesDuration') * 1000,
      videoPacketsLost: number(video, 'packetsLost'),
      audioPacketsLost: number(audio, 'packetsLost'),
      nacks: number(video, 'nackCount'),
      jitterBufferMs: emitted === 0 ? 0 : (number(video, 'jitterBufferDelay') / emitted) * 1000,
      audioEnergy: number(audio, 'totalAudioEnergy'),
      audioSecondsReceived: number(audio, 'totalSamplesDuration'),
      concealedShare: number(audio, 'concealedSamples') / Math.max(1, number(audio, 'totalSamplesReceived')),
    };
  }
}
