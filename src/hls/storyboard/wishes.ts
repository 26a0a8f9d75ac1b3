import type { Rendition } from '../rendition.ts';
import type { Segment } from '../media-segment.ts';

/** A keyframe that waits for being made a small picture. */
export interface WishedPicture {
  readonly msn: number;
  readonly run: number;
  /** Keyframes with another init segment, or of another size, do not go into the same image. */
  readonly mapName: string;
  readonly init: Uint8Array;
  readonly keyframe: Uint8Array;
  readonly startWallMs: number;
  readonly width: number;
  readonly height: number;
  /** When it was wished for, on the monotonic clock. */
  readonly sinceMs: number;
}

/** Beyond it one is given up for each that comes: the pictures lie further apart when there is little time for them. */
const maxWaiting = 10;
/** Keyframes do not come to the millisecond. */
const earlyShare = 0.9;

/** The keyframes with which segments of one rendition begin, as long as nobody has made pictures of them. */
export class PictureWishes {
  #waiting: WishedPicture[] = [];
  /** The newest segment that was looked at. */
  #seenMsn = 0;
  #last: { readonly run: number; readonly wallMs: number } | undefined;

  get waiting(): readonly WishedPicture[] {
    return this.#waiting;
  }

  /** Looks at what the rendition has listed since the last time; pictures lie at least `everyMs` apart. */
  collect(video: Rendition, { everyMs, nowMs }: { readonly everyMs: number; readonly nowMs: number }): void {
    const { segments } = video.window;
    const first = segments.findLastIndex(({ msn }) => msn <= this.#seenMsn) + 1;
    for (let index = first; index < segments.length; index++) {
      const segment = segments[index];
      // The newest may have no part yet: it is looked at again.
      if (!segment || (segment.parts.length === 0 && !segment.complete)) return;
      this.#seenMsn = segment.msn;
      if (this.#isDue(segment, everyMs)) this.#add(video, segment, nowMs);
    }
  }

  /** The next that go into one image; at most so many. */
  next(count: number): readonly WishedPicture[] {
    const [first] = this.#waiting;
    const other = this.#waiting.findIndex(
      ({ mapName, width, height }) =>
        mapName !== first?.mapName || width !== first.width || height !== first.height,
    );
    return this.#waiting.slice(0, Math.min(count, other < 0 ? count : other));
  }

  /** These are made, or cannot be. */
  done(pictures: readonly WishedPicture[]): void {
    this.#waiting = this.#waiting.filter((one) => !pictures.includes(one));
  }

  clear(): void {
    this.#waiting = [];
  }

  #isDue({ run, startWallMs }: Segment, everyMs: number): boolean {
    return this.#last?.run !== run || startWallMs - this.#last.wallMs >= earlyShare * everyMs;
  }

  #add(video: Rendition, segment: Segment, sinceMs: number): void {
    const { msn, run, mapName, startWallMs, independent, gap, iFrameBytes = 0, parts } = segment;
    const [part] = parts;
    const init = video.init(mapName);
    if (!independent || gap || iFrameBytes === 0 || !part || !init) return;
    const { width, height } = video.facts;
    const keyframe = part.bytes.subarray(0, iFrameBytes);
    this.#last = { run, wallMs: startWallMs };
    this.#waiting.push({ msn, run, mapName, init, keyframe, startWallMs, width, height, sinceMs });
    if (this.#waiting.length > maxWaiting) this.#waiting.splice(this.#leastMissed(), 1);
  }

  /** Index of the one without which the others lie closest together. */
  #leastMissed(): number {
    const times = this.#waiting.map(({ startWallMs }) => startWallMs);
    const gaps = times.map((_, index) => (times[index + 1] ?? Infinity) - (times[index - 1] ?? -Infinity));
    return gaps.indexOf(Math.min(...gaps));
  }
}
