import { DecodeStamps } from './decode-stamps.ts';
import type { AccessUnit } from './depacketise/unit.ts';
import { PresentationStamps } from './presentation-stamps.ts';
import type { PictureTimer, Stamping, TimedPicture } from './timed-picture.ts';

/** The first B-frame is the third picture: it tells what the timestamps say. */
const tellingPictures = 3;

/**
 * Finds out what the timestamps of a stream with B-frames say, and times its pictures by that. Where the first pictures do not
 * tell, because there is no B-frame among them, what was known before holds.
 */
export class PictureTimes implements PictureTimer {
  readonly #depth: number;
  #stamping: Stamping;
  #first: { readonly unit: AccessUnit; readonly timeMs: number }[] = [];
  #timer: PictureTimer | undefined;

  /** `depth`: how many pictures are held back to bring them into order, at least 1. */
  constructor(depth: number, known: Stamping) {
    this.#depth = depth;
    this.#stamping = known;
  }

  /** What the timestamps are taken for. */
  get stamping(): Stamping {
    return this.#stamping;
  }

  push(unit: AccessUnit, timeMs: number): readonly TimedPicture[] {
    if (this.#timer) return this.#timer.push(unit, timeMs);
    this.#judge(unit, timeMs);
    this.#first.push({ unit, timeMs });
    return this.#first.length < tellingPictures ? [] : this.#begin();
  }

  flush(): readonly TimedPicture[] {
    const first = this.#timer ? [] : this.#begin();
    return [...first, ...(this.#timer?.flush() ?? [])];
  }

  /** A picture that is shown before one that came earlier: does it say a lower time? */
  #judge({ order, keyframe }: AccessUnit, timeMs: number): void {
    if (order === undefined || keyframe) return;
    const later = this.#first.find(({ unit }) => (unit.order ?? 0) > order);
    if (later) this.#stamping = timeMs < later.timeMs ? 'presentation' : 'decode';
  }

  #begin(): readonly TimedPicture[] {
    const Timer = this.#stamping === 'decode' ? DecodeStamps : PresentationStamps;
    const timer = new Timer(this.#depth);
    this.#timer = timer;
    const first = this.#first;
    this.#first = [];
    return first.flatMap(({ unit, timeMs }) => timer.push(unit, timeMs));
  }
}
