import { gzipSync } from 'node:zlib';
import type { PlaylistBytes } from './served.ts';

/** Texts of one playlist since its last change: each form is written and compressed once, for the first who asks. */
export class PlaylistTexts {
  readonly #write: (skip: boolean) => string;
  readonly #made = new Map<boolean, PlaylistBytes>();

  constructor(write: (skip: boolean) => string) {
    this.#write = write;
  }

  /** The playlist; with `skip`, as a delta update. */
  get(skip: boolean): PlaylistBytes {
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
