import { timestampDistance } from '#src/rtp/sequence.ts';

/** A keyframe in a layer's own count, and when it was captured on a clock that both layers share. */
export interface SeenKeyframe {
  readonly timestamp: number;
  readonly capturedMs: number;
}

/** Layers of one encoder have the same timestamps but for a constant; roundings of others are forgiven. In 90 kHz ticks. */
export const sameInstantTicks = 180;
const mostRemembered = 8;
/** Keyframes of the leader in a row at which the layer had none. */
const mostMisses = 2;

/**
 * Ties the timestamps of a simulcast layer to those of the layer that leads, by a pair of keyframes of the same picture, and
 * watches that keyframes go on to come in pairs: segments of all rungs begin with keyframes of the same pictures
 * (RFC 8216bis section 6.2.4), so a layer whose keyframes stand elsewhere cannot be a rung. Pure.
 */
export class KeyframeLock {
  /** Added to the layer's timestamps to get the leader's; undefined while they are not tied. */
  offset: number | undefined;
  /** Keyframes of the leader whose partners have not come yet, in the leader's count. */
  readonly #due: number[] = [];
  /** Keyframes of the layer without a partner yet. */
  readonly #own: number[] = [];
  #reached: number | undefined;
  #misses = 0;

  /** Ties both by the nearest pair of keyframes that can be of one picture; false when there is none. */
  pair(leader: readonly SeenKeyframe[], layer: readonly SeenKeyframe[], toleranceMs: number): boolean {
    let bestMs = toleranceMs;
    for (const theirs of leader) {
      for (const own of layer) {
        const apartMs = Math.abs(theirs.capturedMs - own.capturedMs);
        if (apartMs > bestMs) continue;
        bestMs = apartMs;
        this.tie(timestampDistance(own.timestamp, theirs.timestamp));
      }
    }
    return this.offset !== undefined;
  }

  /** What ties them is known. */
  tie(offset: number): void {
    this.loosen();
    this.offset = offset;
  }

  /** Nothing ties them any more. */
  loosen(): void {
    this.offset = undefined;
    this.#due.length = 0;
    this.#own.length = 0;
    this.#reached = undefined;
    this.#misses = 0;
  }

  /** The leader has a keyframe there; false when the layer turns out to be out of step. */
  leaderKeyframe(timestamp: number): boolean {
    if (this.offset === undefined) return true;
    remember(this.#due, timestamp);
    return this.#judge();
  }

  /** The layer has a picture there, in the leader's count; false when it turns out to be out of step. */
  picture(timestamp: number, keyframe: boolean): boolean {
    if (this.offset === undefined) return true;
    if (keyframe) remember(this.#own, timestamp);
    if (this.#reached === undefined || timestampDistance(this.#reached, timestamp) > 0)
      this.#reached = timestamp;
    return this.#judge();
  }

  /** Whether its partner of the leader's keyframe there has come, or will not come any more. */
  settled(timestamp: number): boolean {
    if (this.offset === undefined) return true;
    return !this.#due.includes(timestamp);
  }

  #judge(): boolean {
    for (let index = 0; index < this.#due.length; index += 1) {
      const due = this.#due[index] ?? 0;
      const at = this.#own.findIndex((own) => isSameInstant(own, due));
      const isPassed =
        this.#reached !== undefined && timestampDistance(due, this.#reached) >= -sameInstantTicks;
      if (at < 0 && !isPassed) continue;
      this.#due.splice(index, 1);
      index -= 1;
      if (at >= 0) this.#own.splice(0, at + 1);
      this.#misses = at >= 0 ? 0 : this.#misses + 1;
    }
    if (this.#misses < mostMisses) return true;
    this.loosen();
    return false;
  }
}

/** Whether two timestamps of one count are of the same picture. */
export function isSameInstant(one: number, other: number): boolean {
  return Math.abs(timestampDistance(one, other)) <= sameInstantTicks;
}

function remember(timestamps: number[], timestamp: number): void {
  timestamps.push(timestamp);
  if (timestamps.length > mostRemembered) timestamps.shift();
}
