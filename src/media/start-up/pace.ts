import type { MediaConfig } from '../config.ts';

/** Bounds of what is kept for viewers that join, and of how fast they get it. */
export interface StartUpSettings {
  /** Per layer; 0 switches the whole off. */
  readonly cacheBytes: number;
  readonly cacheMs: number;
  /** What a viewer is brought up to date with, in bits per second. */
  readonly paceBps: number;
  /** How long a lost packet may be on its way again. */
  readonly repairPatienceMs: number;
}

/** Packets that all viewers of a worker together are replayed in one tick: a few milliseconds of work. */
const packetsPerTick = { native: 1_024, typescript: 256 } as const;
/** The plane's tick. */
const tickMs = 10;
/** Lost packets come again within this or not at all: a few round trips. */
const repairPatienceMs = 1_000;
/** A replay takes at least this long, so that it is more than one tick's burst. */
const leastReplayMs = 20;

/**
 * What all replays of a worker share: the settings, and the number of packets that they may send in a tick, so that a storm of
 * joins only makes the joins slower.
 */
export class StartUpPace {
  readonly settings: StartUpSettings;
  /** Viewers that are being brought up to date now. */
  active = 0;
  readonly #perTick: number;
  #tickAtMs = Number.NaN;
  #left = 0;

  constructor(
    config: Pick<MediaConfig, 'startUpCacheBytes' | 'startUpCacheMs' | 'startUpBps'>,
    engine: 'typescript' | 'native',
  ) {
    this.settings = {
      cacheBytes: config.startUpCacheBytes,
      cacheMs: config.startUpCacheMs,
      paceBps: config.startUpBps,
      repairPatienceMs,
    };
    this.#perTick = packetsPerTick[engine];
  }

  /** Packets that one publication may replay now: half of what is left, so that the first one cannot starve the others. */
  allowance(nowMs: number): number {
    if (nowMs !== this.#tickAtMs) {
      this.#tickAtMs = nowMs;
      this.#left = this.#perTick;
    }
    return Math.ceil(this.#left / 2);
  }

  /** So many packets were replayed in this tick. */
  spent(packets: number): void {
    this.#left = Math.max(0, this.#left - packets);
  }

  /** How long a replay of so much takes while so many others go on, to a viewer whose path carries so much. */
  durationMs(packets: number, bytes: number, pathBps = Number.POSITIVE_INFINITY): number {
    const byBandwidth = (bytes * 8_000) / Math.min(this.settings.paceBps, pathBps);
    // Half of the allowance, as for a single publication.
    const share = this.#perTick / 2 / Math.max(1, this.active);
    return Math.max(leastReplayMs, byBandwidth, (packets * tickMs) / share);
  }
}
