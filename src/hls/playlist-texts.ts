import { gzipSync } from 'node:zlib';
import type { Skip } from './playlist.ts';
import type { PlaylistBytes } from './served.ts';

/** Texts of one playlist since its last change: each form is written and compressed once, for the first who asks. */
export class PlaylistTexts {
  readonly #write: (skip: Skip) => string;
  readonly #made = new Map<Skip, PlaylistBytes>();

  constructor(write: (skip: Skip) => string) {
    this.#write = write;
  }

  /** The playlist; with `skip`, as a delta update. */
  get(skip: Skip): PlaylistBytes {
    const known = this.#made.get(skip);
    if (known) return known;
    const plain = Buffer.from(this.#write(skip));
    const made = { plain, gzip: gzipSync(plain, { level: 6 }) };
    this.#made.set(skip, made);
    return made;
  }

  /** What it says has changed. */
  clear(): void {
    this.#made.clear();
  }
}
