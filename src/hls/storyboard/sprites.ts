import type { PictureRow } from '#src/core/pictures.ts';
import type { Segment } from '../media-segment.ts';
import type { Tile } from './text.ts';
import type { WishedPicture } from './wishes.ts';

/** Images whose pictures have all left the window, and that players may still ask for. */
const maxLeft = 16;

interface Sprite {
  readonly jpeg: Uint8Array;
  readonly msns: readonly number[];
}

interface PlacedTile extends Tile {
  readonly run: number;
}

/** The images of one storyboard and the pictures in them. A name is never used again for other bytes. */
export class SpriteStore {
  readonly #incarnation: string;
  /** By their URLs, oldest first. */
  readonly #sprites = new Map<string, Sprite>();
  /** By the number of the segment that begins with it, oldest first. */
  readonly #tiles = new Map<number, PlacedTile>();
  #made = 0;
  #firstMsn = 0;

  constructor(incarnation: string) {
    this.#incarnation = incarnation;
  }

  /** Changes with every image. */
  get version(): number {
    return this.#made;
  }

  add(row: readonly WishedPicture[], { jpeg, tileWidth: width, tileHeight: height }: PictureRow): void {
    this.#made += 1;
    const uri = `${this.#incarnation}/story_${this.#made}.jpg`;
    this.#sprites.set(uri, { jpeg, msns: row.map(({ msn }) => msn) });
    for (const [index, { msn, run }] of row.entries())
      this.#tiles.set(msn, { uri, index, width, height, run });
  }

  image(uri: string): Uint8Array | undefined {
    return this.#sprites.get(uri)?.jpeg;
  }

  /** The picture with which a segment begins. */
  tileOf(msn: number): Tile | undefined {
    return this.#tiles.get(msn);
  }

  /** The newest picture from before a segment, where nothing lies between. */
  lastBefore({ msn: limit, run, discontinuity }: Segment): Tile | undefined {
    if (discontinuity) return undefined;
    const before = [...this.#tiles].findLast(([msn]) => msn < limit)?.[1];
    return before?.run === run ? before : undefined;
  }

  /** Segments before this one have left the window. */
  forget(firstMsn: number): void {
    // Asked with every part.
    if (firstMsn === this.#firstMsn) return;
    this.#firstMsn = firstMsn;
    const left = [...this.#sprites].filter(([, { msns }]) => msns.every((msn) => msn < firstMsn));
    for (const [name, { msns }] of left.slice(0, Math.max(0, left.length - maxLeft))) {
      this.#sprites.delete(name);
      for (const msn of msns) this.#tiles.delete(msn);
    }
  }
}
