import { heightClassOf } from '#src/core/hls-folder.ts';
import type { Manifest } from './manifest.ts';

/** The MPDs of one stream: one with everything, and one for each class of heights that somebody asked for. */
export class Manifests {
  readonly #make: (maxHeight: number | undefined) => Manifest;
  /** There are few classes, so there are few of these. */
  readonly #made = new Map<number | undefined, Manifest>();

  constructor(make: (maxHeight: number | undefined) => Manifest) {
    this.#make = make;
  }

  /** The one that shows no picture higher than so many lines, undefined for all; made when it is asked for first. */
  upTo(maxHeight: number | undefined): Manifest {
    const limit = maxHeight === undefined ? undefined : heightClassOf(maxHeight);
    const known = this.#made.get(limit);
    if (known) return known;
    const made = this.#make(limit);
    this.#made.set(limit, made);
    return made;
  }
}
