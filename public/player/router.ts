import { getJson } from '../shared/api.ts';
import type { JoinView, Tier } from '../shared/api-types.ts';
import type { ServerClock } from '../shared/server-clock.ts';
import { SignallingError } from '../shared/signalling.ts';
import { sleep } from '../shared/backoff.ts';
import type { TokenHolder } from '../shared/token.ts';

/** What the player can and wants when it asks the gateway where to sit. */
export interface JoinWish {
  readonly webrtc: boolean;
  readonly want: Tier | undefined;
  /** Short names of what the browser decodes over WebRTC; none is "unknown". */
  readonly codecs: readonly string[];
}

/** Asks the gateway's router which tier to play, and learns the gateway's clock on the way. */
export class TierRouter {
  readonly #server: string;
  readonly #stream: string;
  readonly #clock: ServerClock;
  readonly #token: TokenHolder;
  #roundTripMs = 0;

  constructor(
    { server, stream }: { readonly server: string; readonly stream: string },
    clock: ServerClock,
    token: TokenHolder,
  ) {
    this.#server = server;
    this.#stream = stream;
    this.#clock = clock;
    this.#token = token;
  }

  /** The decision, or undefined when nobody publishes this stream. Throws {@link SignallingError}. */
  async join({ webrtc, want, codecs }: JoinWish, signal: AbortSignal): Promise<JoinView | undefined> {
    const url = new URL(`/join/${encodeURIComponent(this.#stream)}`, this.#server);
    url.searchParams.set('webrtc', webrtc ? '1' : '0');
    if (want !== undefined) url.searchParams.set('want', want);
    if (webrtc && codecs.length > 0) url.searchParams.set('codecs', codecs.join(','));
    try {
      const token = await this.#token.get();
      const { value, dateMs, askedMs, answeredMs } = await getJson<JoinView>(url, signal, token);
      this.#roundTripMs = answeredMs - askedMs;
      if (dateMs !== undefined) this.#clock.read({ dateMs, askedMs, answeredMs });
      return value.live ? value : undefined;
    } catch (error) {
      if (error instanceof SignallingError && error.status === 404) return undefined;
      if (error instanceof SignallingError && error.status === 401) this.#token.forget();
      throw error;
    }
  }

  /** An absolute address from what the gateway gave. */
  resolve(url: string): string {
    return new URL(url, this.#server).href;
  }

  /** Asks at the instants that settle the clock; a few requests over some seconds, then done. */
  async settleClock(wish: JoinWish, signal: AbortSignal): Promise<void> {
    for (let probe = 0; probe < 8 && this.#clock.uncertaintyMs > 15; probe++) {
      await sleep(this.#clock.nextProbeInMs(Date.now(), this.#roundTripMs), signal);
      try {
        await this.join(wish, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        return; // The player itself will say that the gateway is away; the clock can wait.
      }
    }
  }
}
