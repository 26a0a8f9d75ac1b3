import type { CmafTrack } from '#src/core/cmaf.ts';
import type { Rendition } from './rendition.ts';

/**
 * A rendition that is not there this long after the leader's first complete segment is left out of the multivariant playlist
 * until it comes. Players read that playlist once: whoever gets it too early stays without sound.
 */
const lateStartMs = 3_000;

/** Knows whether the multivariant playlist can be served, and what the current run has. */
export class Readiness {
  readonly #renditions: ReadonlyMap<string, Rendition>;
  /** What the newest run has or will have. */
  #expected: readonly CmafTrack[] = [];
  /** Tracks from which nothing will come. */
  readonly #unreadable = new WeakSet<CmafTrack>();
  /** Media time of this run from which on the leader could be played. */
  #playableFromMs: number | undefined;
  /** Could be served at some time: from then on it is, whatever a later run lacks. */
  #opened = false;

  constructor(renditions: ReadonlyMap<string, Rendition>) {
    this.#renditions = renditions;
  }

  /** A run begins that has these tracks. */
  begin(tracks: readonly CmafTrack[]): void {
    this.#expected = tracks;
    this.#playableFromMs = undefined;
  }

  /** Nothing will come from this track. */
  lost(track: CmafTrack): void {
    this.#unreadable.add(track);
  }

  /** The leader had this sample, and can be played. */
  leaderPlayable(atMs: number): void {
    this.#playableFromMs ??= atMs;
  }

  /** A rung or a sound that this run does without, but not without others: whoever chooses now shall not choose it. */
  leavesOut(rendition: Rendition): boolean {
    const others = this.#expected.filter(({ kind }) => kind === rendition.kind);
    return others.length > 0 && !others.some((other) => other.rendition === rendition.id);
  }

  /** Looks anew, given how far the leader has come and whether anything will follow. */
  update(leaderEndMs: number | undefined, finished: boolean): void {
    this.#opened = this.isReady(leaderEndMs, finished);
  }

  /** Whether there is something to play, and all of it, or patience is over. */
  isReady(leaderEndMs = -Infinity, finished = false): boolean {
    if (this.#opened) return true;
    const due = this.#expected.filter((track) => !this.#unreadable.has(track));
    if (due.every((track) => this.#renditions.get(track.rendition)?.playable === true)) return due.length > 0;
    if (finished) return [...this.#renditions.values()].some((rendition) => rendition.playable);
    return leaderEndMs - (this.#playableFromMs ?? Infinity) > lateStartMs;
  }
}
