import type { Kept } from './backlog.ts';
import type { Epoch } from './epoch.ts';
import { squeezed } from './past.ts';
import type { Timeline } from './timeline.ts';

/** Where units go. */
export interface FeedTarget {
  readonly epoch: Pick<Epoch, 'write' | 'writeBeside' | 'writeSound'> | undefined;
  readonly timeline: Timeline;
  readonly nowMs: number;
  /** Time of the first picture that is given again; absent: none is. */
  readonly fromMs?: number;
}

/** What became of a unit. */
export interface Fed {
  /** False: it was dropped, and the next keyframe is needed. */
  readonly written: boolean;
  /** Its timestamp went back a little. */
  readonly backwards: boolean;
}

const unplaced: Fed = { written: true, backwards: false };

/** Gives a unit its place on the timeline, and writes it into the epoch. */
export function feed(kept: Kept, { epoch, timeline, nowMs, fromMs = 0 }: FeedTarget): Fed {
  const { unit } = kept;
  switch (kept.of) {
    case 'sound': {
      const timeMs = timeline.placeSound(kept.sound.follower, unit.timestamp);
      if (timeMs !== undefined) epoch?.writeSound(kept.sound.index, { unit, timeMs }, nowMs);
      return unplaced;
    }
    case 'layer': {
      const timeMs = timeline.placeBeside(unit.timestamp);
      if (timeMs !== undefined) epoch?.writeBeside(kept.layer, { unit, timeMs: squeezed(timeMs, fromMs) });
      return unplaced;
    }
    case 'lead': {
      const placed = timeline.place(unit);
      if (!placed || !epoch) return unplaced;
      // Sound of the past has been heard: it stays in front of time 0, where nothing is taken.
      const timeMs = unit.kind === 'video' ? squeezed(placed.timeMs, fromMs) : placed.timeMs;
      return { written: epoch.write(unit, timeMs, nowMs), backwards: placed.backwards };
    }
  }
}
