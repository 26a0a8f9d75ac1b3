import { asksForToken } from '../shared/access-words.ts';
import type { JoinView, Tier } from '../shared/api-types.ts';
import { availableVideoCodecs } from '../shared/codec-order.ts';
import { ServerClock } from '../shared/server-clock.ts';
import { SignallingError } from '../shared/signalling.ts';
import { TokenHolder, type TokenSource } from '../shared/token.ts';
import { openBroadcast } from './broadcast-playback.ts';
import type { ShownReason } from './player-words.ts';
import { TierRouter, type JoinWish } from './router.ts';
import { otherTier, type TierPlayback } from './tier.ts';
import { WhepPlayback } from './whep-playback.ts';

/** Where the gateway is and what opening a tier may take. */
export interface OpenerOptions {
  readonly server: string;
  readonly stream: string;
  readonly token: TokenSource | undefined;
  readonly webrtcTimeoutMs: number;
  readonly iceServers: readonly { readonly urls: string }[] | undefined;
}

/** A playback with a picture, and why it is in its tier. */
export interface OpenedTier {
  readonly playback: TierPlayback;
  readonly reason: ShownReason;
}

/** How long WebRTC is left alone after it failed. */
const webrtcPauseMs = 60_000;
const hlsTimeoutMs = 12_000;

/** Asks the router where to sit and gets a tier going in a video element; it remembers where WebRTC does not get through. */
export class TierOpener {
  readonly #options: OpenerOptions;
  readonly #clock = new ServerClock();
  readonly #router: TierRouter;
  readonly #token: TokenHolder;
  #webrtcPausedUntilMs = 0;
  #clockSettles = false;

  constructor(options: OpenerOptions) {
    this.#options = options;
    this.#token = new TokenHolder(options.token);
    this.#router = new TierRouter(options, this.#clock, this.#token);
  }

  /** The router's decision, or undefined while nobody publishes. Throws {@link SignallingError}. */
  async join(want: Tier | undefined, signal: AbortSignal): Promise<JoinView | undefined> {
    const join = await this.#router.join(this.#wish(want), signal);
    // Only answers about a stream that is there tell the time, so the clock waits for the first one.
    if (join !== undefined && !this.#clockSettles) {
      this.#clockSettles = true;
      void this.#router.settleClock(this.#wish(want), signal).catch(() => undefined); // Ends with the player.
    }
    return join;
  }

  /** Another token from now on. */
  set token(token: TokenSource) {
    this.#token.source = token;
  }

  /** Whether it can get another token by itself. */
  get renewsToken(): boolean {
    return this.#token.renews;
  }

  /** The viewer asked for WebRTC by hand: an earlier failure does not count any more. */
  forgiveWebrtc(): void {
    this.#webrtcPausedUntilMs = 0;
  }

  /** Opens one tier; resolves when it shows a picture. */
  async open(
    tier: Tier,
    join: JoinView,
    video: HTMLVideoElement,
    signal: AbortSignal,
  ): Promise<TierPlayback> {
    const { whep, hls, hlsPass: pass } = join;
    if (tier === 'interactive') return this.#openWhep(this.#router.resolve(whep), video, signal);
    const how = { token: this.#token, pass, clock: this.#clock, timeoutMs: hlsTimeoutMs };
    return openBroadcast({ ...how, video, url: this.#router.resolve(hls) }, signal);
  }

  /** Opens the front row where the gateway sends the viewer: never over plain HTTP when it came over HTTPS. */
  async openMoved(url: string, video: HTMLVideoElement, signal: AbortSignal): Promise<TierPlayback> {
    const target = new URL(this.#router.resolve(url));
    const isSafe = target.protocol === 'https:' || new URL(this.#options.server).protocol === 'http:';
    if (!isSafe) throw new Error('The gateway sends this viewer from HTTPS to another kind of address.');
    return this.#openWhep(target.href, video, signal);
  }

  /** Opens the tier that the router chose, or the other one when that fails. `video` is asked for at each attempt. */
  async openEither(join: JoinView, video: () => HTMLVideoElement, signal: AbortSignal): Promise<OpenedTier> {
    try {
      return { playback: await this.open(join.tier, join, video(), signal), reason: join.reason };
    } catch (error) {
      if (signal.aborted || isOffline(error) || isRefused(error)) throw error;
      const other = otherTier(join.tier);
      if (join.tier === 'interactive') this.#webrtcPausedUntilMs = Date.now() + webrtcPauseMs;
      if (other === 'interactive' && !this.#webrtcMayWork()) throw error;
      const reason = join.tier === 'interactive' ? 'webrtc-failed' : 'hls-failed';
      return { playback: await this.open(other, join, video(), signal), reason };
    }
  }

  async #openWhep(url: string, video: HTMLVideoElement, signal: AbortSignal): Promise<WhepPlayback> {
    const { iceServers, webrtcTimeoutMs } = this.#options;
    const token = await this.#token.get();
    return WhepPlayback.open({ video, url, token, iceServers, timeoutMs: webrtcTimeoutMs }, signal);
  }

  #wish(want: Tier | undefined): JoinWish {
    return { webrtc: this.#webrtcMayWork(), want, codecs: decodableCodecs() };
  }

  #webrtcMayWork(): boolean {
    return 'RTCPeerConnection' in globalThis && Date.now() >= this.#webrtcPausedUntilMs;
  }
}

/** Whether an error means that nobody publishes now. */
export function isOffline(error: unknown): boolean {
  return error instanceof SignallingError && error.status === 409;
}

/** Whether an error asks for another token, so that the other tier is no way out. */
export function isRefused(error: unknown): error is SignallingError {
  return error instanceof SignallingError && asksForToken(error) && error.code !== 'tier-not-granted';
}

/** What this browser decodes over WebRTC; empty where it has none or does not tell. */
function decodableCodecs(): readonly string[] {
  if (!('RTCRtpReceiver' in globalThis)) return [];
  const video = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return video.length === 0 ? [] : [...availableVideoCodecs(video), 'opus'];
}
