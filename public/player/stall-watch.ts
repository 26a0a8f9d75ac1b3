import type { Tier } from '../shared/api-types.ts';

/** What a look at the playback says: `ask` is a stall that is worth asking the gateway about. */
export type StallVerdict = 'playing' | 'fine' | 'stalled' | 'ask';

/** Picture that stands still this long is shown as a stall. HLS moves in larger steps than WebRTC. */
const stalledAfterMs: Readonly<Record<Tier, number>> = { interactive: 2_000, broadcast: 3_000 };
const askEveryMs = 2_000;
const hopelessAfterMs = 9_000;

/** Tells from the playing position alone whether playback moves, stands still, or has to be replaced. */
export class StallWatch {
  #position: number | undefined;
  #movedAtMs = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  /** Another playback is looked at from now on. */
  reset(): void {
    this.#position = undefined;
    this.#askedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** One look; positions only need to differ while media plays. */
  look(position: number, nowMs: number, tier: Tier): StallVerdict {
    if (this.#position !== position) {
      this.#position = position;
      this.#movedAtMs = nowMs;
      return 'playing';
    }
    if (nowMs - this.#movedAtMs < stalledAfterMs[tier]) return 'fine';
    if (nowMs - this.#askedAtMs < askEveryMs) return 'stalled';
    this.#askedAtMs = nowMs;
    return 'ask';
  }

  /** Whether it has stood still so long that waiting is no use. */
  beyondHope(nowMs: number): boolean {
    return nowMs - this.#movedAtMs > hopelessAfterMs;
  }
}
