import { Backlog, type Kept } from './backlog.ts';
import type { AccessUnit } from './depacketise/unit.ts';
import type { FfmpegPlan } from './profile.ts';
import type { VideoWay } from './video-way.ts';
import { settlesWithin } from '#src/core/settles.ts';

/** What recovery must know of an epoch. */
export interface RecoverableEpoch {
  readonly plan: Pick<FfmpegPlan, 'video' | 'rungs' | 'layers'>;
  readonly way: VideoWay;
  readonly startedWallMs: number;
  /** When the last picture that came out of it begins; undefined while none of its own did. */
  readonly shownMs: number | undefined;
  /** Resolves when all it wrote was read. */
  drained(): Promise<void>;
}

/** How an epoch goes on where the one before it was lost. */
export interface Restart<Lost> {
  readonly lost: Lost;
  /** The first picture that nobody has seen: time 0. */
  readonly first: AccessUnit;
  /** From the keyframe that it needs, or itself, up to now. */
  readonly units: readonly Kept[];
  /** Time of the keyframe: 0, or negative. */
  readonly fromMs: number;
  /** Wall clock of time 0. */
  readonly startedWallMs: number;
}

/** Times of pictures. */
export interface PictureClocks {
  /** In the epoch that runs, or was lost. */
  timeOf(picture: AccessUnit): number;
  /** Wall clock at its arrival. */
  wallOf(picture: AccessUnit): number;
}

/** Pictures this close have one time. */
const toleranceMs = 0.5;
/** What was missed for longer is not shown any more: viewers would lag behind for as long. */
const longestMissedMs = 10_000;
/** An epoch goes on with the wall clock of the one before, so that playlists see no step, unless that has become so wrong. */
const wallToleranceMs = 100;
/** Epochs in a row that went on from a backlog and gave nothing: perhaps it is what they were given. */
const mostAttempts = 4;
/** A killed process's output is read in less. */
const drainTimeoutMs = 1_000;

/**
 * Keeps what an epoch needs that takes over from one that was lost by a fault of FFmpeg, and finds where it begins. Only where
 * video is copied, in the order in which it is shown: encoders would have to work through it.
 */
export class Recovery<Recoverable extends RecoverableEpoch> {
  readonly #clocks: PictureClocks;
  readonly #backlog: Backlog;
  /** The epoch that runs, or was lost; undefined where nothing is kept. */
  #epoch: Recoverable | undefined;
  #isLost = false;
  #isDrained = false;
  #attempts = 0;

  constructor(limitBytes: number, clocks: PictureClocks) {
    this.#backlog = new Backlog(limitBytes);
    this.#clocks = clocks;
  }

  /** The next epoch begins with pictures that are there, or are about to come. */
  get isReady(): boolean {
    return this.#isLost && this.#backlog.pictures > 0;
  }

  /** An epoch begins with a keyframe that comes next here. */
  begins(epoch: Recoverable): void {
    this.clear();
    if (canGoOn(epoch)) this.#epoch = epoch;
  }

  /** An epoch has begun with what {@link restart} gave. */
  goesOn(epoch: Recoverable): void {
    this.#attempts += 1;
    this.#epoch = epoch;
    this.#isLost = false;
  }

  /** The next unit; false when it is of no use later. */
  keep(kept: Kept): boolean {
    if (!this.#epoch) return false;
    const isKept = this.#backlog.keep(kept);
    const { shownMs } = this.#epoch;
    if (shownMs !== undefined && !this.#isLost)
      this.#backlog.trim((keyframe) => this.#clocks.timeOf(keyframe) <= shownMs + toleranceMs);
    return isKept;
  }

  /** The epoch was lost. */
  lost(epoch: Recoverable): void {
    if (epoch !== this.#epoch) return;
    this.#isLost = true;
    this.#isDrained = false;
    void settlesWithin(epoch.drained(), drainTimeoutMs).then(() => {
      if (epoch === this.#epoch) this.#isDrained = true;
    });
  }

  /** What follows has nothing to do with what came. */
  clear(): void {
    this.#backlog.clear();
    this.#epoch = undefined;
    this.#isLost = false;
  }

  /** How to go on now; undefined while that is not known, or when only a keyframe helps. */
  restart(nowMs: number): Restart<Recoverable> | undefined {
    const lost = this.#epoch;
    if (!lost || !this.#isLost || !this.#isDrained) return undefined;
    const { shownMs } = lost;
    if (shownMs !== undefined) this.#attempts = 0;
    if (this.#attempts >= mostAttempts) {
      this.clear();
      return undefined;
    }
    const afterMs = shownMs === undefined ? -toleranceMs : shownMs + toleranceMs;
    const found = this.#backlog.from(
      (picture) => this.#clocks.timeOf(picture) > afterMs && nowMs - picture.arrivedMs <= longestMissedMs,
    );
    const [keyframe] = found?.units ?? [];
    if (!found || !keyframe) return undefined;
    const firstMs = this.#clocks.timeOf(found.first);
    const fromMs = this.#clocks.timeOf(keyframe.unit) - firstMs;
    const [countedMs, arrivedMs] = [lost.startedWallMs + firstMs, this.#clocks.wallOf(found.first)];
    const startedWallMs = Math.abs(countedMs - arrivedMs) <= wallToleranceMs ? countedMs : arrivedMs;
    return { ...found, lost, fromMs, startedWallMs };
  }
}

function canGoOn({ plan, way }: RecoverableEpoch): boolean {
  const isInOrder = way.reorderDepth === 0 && plan.layers.every(({ reorderDepth }) => reorderDepth === 0);
  return plan.video === 'passthrough' && plan.rungs.length === 0 && isInOrder;
}
