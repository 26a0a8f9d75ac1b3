import { gzipSync } from 'node:zlib';
import type { Clock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import type { PictureDesk } from '#src/core/pictures.ts';
import type { Rendition } from '../rendition.ts';
import type { PlaylistBytes } from '../served.ts';
import type { Segment } from '../media-segment.ts';
import { SpriteStore } from './sprites.ts';
import { renderStoryboard } from './text.ts';
import { PictureWishes, type WishedPicture } from './wishes.ts';

/** What a storyboard needs. */
export interface StoryboardDeps {
  readonly pictures: PictureDesk;
  readonly clock: Clock;
  readonly log: Log;
  /** In front of the names of images. */
  readonly incarnation: string;
}

/** Pictures in one image, so that players fetch few of them. */
const rowTiles = 5;
/** The oldest picture that waits is made after this, also when there are not enough for a whole image. */
const patienceMs = 8_000;
/** No more pictures than this are listed, however long the window is; and no closer together than this. */
const maxListed = 300;
const shortestEveryMs = 2_000;
const busyPauseMs = 500;
const failurePauseMs = 30_000;

/**
 * The storyboard of one stream that is on the air: small pictures of keyframes, made now and then when there is time, and the
 * list of those that are in the window. Nothing that is live waits for it.
 */
export class Storyboard implements Disposable {
  readonly #deps: StoryboardDeps;
  readonly #over = new AbortController();
  readonly #wishes = new PictureWishes();
  readonly #sprites: SpriteStore;
  /** The rendition whose pictures these are: the first that came, and that stays. */
  #video: Rendition | undefined;
  #drawing = false;
  #failed = false;
  #notBeforeMs = -Infinity;
  #state = '';
  #bytes: PlaylistBytes | undefined;

  constructor(deps: StoryboardDeps) {
    this.#deps = deps;
    this.#sprites = new SpriteStore(deps.incarnation);
  }

  /** A rendition of video has listed something. */
  follow(video: Rendition): void {
    this.#video ??= video;
    if (this.#video !== video || this.#over.signal.aborted) return;
    const nowMs = this.#deps.clock.nowMs();
    this.#wishes.collect(video, { everyMs: this.#everyMs(video), nowMs });
    this.#sprites.forget(video.window.segments[0]?.msn ?? 0);
    if (!this.#drawing && nowMs >= this.#notBeforeMs && this.#isDue(video, nowMs)) void this.#draw();
  }

  /** The list of pictures (WebVTT). */
  get list(): PlaylistBytes {
    const segments = this.#complete();
    const state = `${segments[0]?.msn} ${segments.at(-1)?.msn} ${this.#sprites.version}`;
    if (this.#bytes && state === this.#state) return this.#bytes;
    const everyMs = this.#video ? this.#everyMs(this.#video) : 0;
    const tileOf = (msn: number): ReturnType<SpriteStore['tileOf']> => this.#sprites.tileOf(msn);
    const before = segments[0] && this.#sprites.lastBefore(segments[0]);
    const plain = Buffer.from(renderStoryboard({ segments, tileOf, before, everyMs }));
    this.#bytes = { plain, gzip: gzipSync(plain) };
    this.#state = state;
    return this.#bytes;
  }

  /** An image (JPEG) by its URL as the list has it. */
  image(uri: string): Uint8Array | undefined {
    return this.#sprites.image(uri);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.#wishes.clear();
  }

  #isDue({ window }: Rendition, nowMs: number): boolean {
    const { waiting } = this.#wishes;
    const [oldest] = waiting;
    if (!oldest) return false;
    return waiting.length >= rowTiles || window.ended || nowMs - oldest.sinceMs >= patienceMs;
  }

  async #draw(): Promise<void> {
    const { pictures, clock } = this.#deps;
    const row = this.#wishes.next(rowTiles);
    const [first] = row;
    if (!first) return;
    this.#drawing = true;
    let again = false;
    try {
      const { init, width, height } = first;
      const keyframes = row.map(({ keyframe }) => keyframe);
      const drawn = await pictures.draw({ init, keyframes, width, height }, this.#over.signal);
      if (this.#over.signal.aborted) return;
      if (drawn) {
        this.#sprites.add(row, drawn);
        this.#wishes.done(row);
        this.#failed = false;
        again = true;
      } else this.#notBeforeMs = clock.nowMs() + busyPauseMs;
    } catch (error) {
      this.#giveUp(row, error);
    } finally {
      this.#drawing = false;
    }
    // Of a stream that has ended nothing else asks for the rest.
    if (again && this.#video) this.follow(this.#video);
  }

  #giveUp(row: readonly WishedPicture[], error: unknown): void {
    const { clock, log } = this.#deps;
    if (this.#over.signal.aborted) return;
    // Said once, not with every row.
    if (!this.#failed) log.warn({ problem: String(error) }, 'pictures for seeking cannot be made');
    this.#failed = true;
    this.#wishes.done(row);
    this.#notBeforeMs = clock.nowMs() + failurePauseMs;
  }

  #complete(): readonly Segment[] {
    const segments = this.#video?.window.segments ?? [];
    return segments.at(-1)?.complete === false ? segments.slice(0, -1) : segments;
  }

  #everyMs({ window }: Rendition): number {
    return Math.max(shortestEveryMs, window.reachMs / maxListed);
  }
}
