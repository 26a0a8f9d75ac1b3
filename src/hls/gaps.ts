import type { CmafTrack } from '#src/core/cmaf.ts';
import type { Rendition } from './rendition.ts';
import type { Run } from './run.ts';

/**
 * Lists gaps where a rendition has nothing: its players would wait for ever, and every rendition must have its share of every
 * run, so that discontinuities stay in step.
 */
export class Gaps {
  readonly #renditions: ReadonlyMap<string, Rendition>;
  #run: Run = { number: 0, startedWallMs: 0, baseMediaTimeMs: 0 };
  #tracks: readonly CmafTrack[] = [];
  /** Media time at which the listed media of this run begins. */
  #startMs: number | undefined;

  constructor(renditions: ReadonlyMap<string, Rendition>) {
    this.#renditions = renditions;
  }

  /** A run begins that has these tracks. */
  begin(run: Run, tracks: readonly CmafTrack[]): void {
    this.#run = run;
    this.#tracks = tracks;
    this.#startMs = undefined;
  }

  /** The first media of the run begins here. */
  startsAt(startMs: number): void {
    this.#startMs ??= startMs;
  }

  /** The leader began a segment. */
  leaderCutAt(leaderId: string, startMs: number): void {
    for (const rendition of this.#renditions.values()) {
      if (rendition.id === leaderId) continue;
      const silentMs = startMs - this.#listedUntil(rendition);
      // Absent from this run, or stuck for as long as a segment may be.
      if (!this.#takesPart(rendition)) this.#fill(rendition, startMs);
      else if (silentMs > rendition.timing.targetDurationMs)
        this.#fill(rendition, startMs - rendition.timing.segmentTargetMs);
    }
  }

  /** The run is over, and what was left of it is listed. */
  endRun(): void {
    const renditions = [...this.#renditions.values()];
    const inRun = renditions.filter((rendition) => rendition.listedRun === this.#run.number);
    const endMs = Math.max(...inRun.map((rendition) => rendition.endMs ?? 0));
    for (const rendition of renditions)
      if (!inRun.includes(rendition) || !this.#takesPart(rendition)) this.#fill(rendition, endMs);
  }

  #takesPart(rendition: Rendition): boolean {
    return this.#tracks.some((track) => track.rendition === rendition.id);
  }

  #listedUntil(rendition: Rendition): number {
    const startMs = this.#startMs ?? 0;
    return rendition.listedRun === this.#run.number ? (rendition.endMs ?? startMs) : startMs;
  }

  #fill(rendition: Rendition, untilMs: number): void {
    const fromMs = this.#listedUntil(rendition);
    if (untilMs > fromMs) rendition.fillGap(this.#run, fromMs, untilMs);
  }
}
