import type { AccessUnit } from './depacketise/unit.ts';
import { minStepMs, type PictureTimer, type TimedPicture } from './timed-picture.ts';

/** A picture that waits for its time. */
interface Slot {
  readonly unit: AccessUnit;
  readonly decodeMs: number;
  /** Keyframes so far: whatever comes behind an IDR picture is shown behind it. */
  readonly generation: number;
  readonly order: number;
  presentMs: number | undefined;
}

/** No picture waits for more successors than this: H.264 allows 16 pictures out of order (section A.3.1). */
const longestWait = 32;

/**
 * Finds the times at which pictures are shown when their timestamps say when they are decoded, as OBS stamps them. An encoder
 * decodes at the times at which its camera took pictures, `depth` pictures later: so the n-th picture on the screen is shown
 * when picture n + depth is decoded. Which one is the n-th is certain by then, too: a decoder that holds `depth` pictures
 * back has all that come before it. Pictures leave in decoding order as soon as both are known; pure, and bounded.
 */
export class DecodeStamps implements PictureTimer {
  readonly #depth: number;
  /** In decoding order. */
  readonly #leaving: Slot[] = [];
  /** Not shown yet, in the order on the screen. */
  readonly #waiting: Slot[] = [];
  #generation = 0;
  #highestOrder = 0;
  #lastDecodeMs = -Infinity;
  #intervalMs = 0;

  /** `depth`: how many pictures are held back to bring them into order, at least 1. */
  constructor(depth: number) {
    this.#depth = depth;
  }

  push(unit: AccessUnit, timeMs: number): readonly TimedPicture[] {
    const decodeMs = Math.max(timeMs, this.#lastDecodeMs + minStepMs);
    if (unit.keyframe) {
      this.#generation += 1;
      this.#highestOrder = 0;
    }
    const order = unit.order ?? this.#highestOrder + 1;
    this.#highestOrder = Math.max(this.#highestOrder, order);
    if (this.#leaving.length > 0) this.#intervalMs = decodeMs - this.#lastDecodeMs;
    this.#lastDecodeMs = decodeMs;
    const slot: Slot = { unit, decodeMs, generation: this.#generation, order, presentMs: undefined };
    this.#leaving.push(slot);
    this.#insert(slot);
    if (this.#waiting.length > this.#depth) this.#show(this.#waiting.shift(), decodeMs);
    const [oldest] = this.#leaving;
    if (oldest && this.#leaving.length > longestWait) {
      const at = this.#waiting.indexOf(oldest);
      if (at >= 0) this.#waiting.splice(at, 1);
      this.#show(oldest, decodeMs);
    }
    return this.#release();
  }

  /** Those that wait are shown at the pace of the last ones. */
  flush(): readonly TimedPicture[] {
    let presentMs = this.#lastDecodeMs;
    for (let slot = this.#waiting.shift(); slot; slot = this.#waiting.shift()) {
      presentMs += this.#intervalMs;
      this.#show(slot, presentMs);
    }
    return this.#release();
  }

  #insert(slot: Slot): void {
    let at = this.#waiting.length;
    while (at > 0 && isBehind(this.#waiting[at - 1], slot)) at -= 1;
    this.#waiting.splice(at, 0, slot);
  }

  #show(slot: Slot | undefined, presentMs: number): void {
    // Timestamps that stand still must not make a picture appear before it is decoded.
    if (slot && slot.presentMs === undefined) slot.presentMs = Math.max(presentMs, slot.decodeMs);
  }

  #release(): readonly TimedPicture[] {
    const released: TimedPicture[] = [];
    for (let slot = this.#leaving[0]; slot?.presentMs !== undefined; slot = this.#leaving[0]) {
      this.#leaving.shift();
      released.push({ unit: slot.unit, decodeMs: slot.decodeMs, presentMs: slot.presentMs });
    }
    return released;
  }
}

function isBehind(waiting: Slot | undefined, slot: Slot): boolean {
  if (!waiting || waiting.generation < slot.generation) return false;
  return waiting.order > slot.order;
}
