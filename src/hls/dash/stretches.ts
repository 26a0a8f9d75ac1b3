import { segmentNumber } from '../names.ts';
import type { Segment } from '../media-segment.ts';
import { predict, predictedEndMs, type Prediction } from './prediction.ts';
import type { DashTrack } from './track.ts';

/** A segment as a SegmentTimeline tells of it, in media time. */
export interface TimelineSegment {
  readonly number: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** What one track has in one run of the encoder. */
export interface Stretch {
  readonly track: DashTrack;
  readonly run: number;
  readonly mapName: string;
  /** Name of its first segment, which those of the others resemble. */
  readonly firstName: string;
  /** Wall clock minus media time. */
  readonly offsetMs: number;
  /** Their numbers are consecutive. */
  readonly segments: readonly TimelineSegment[];
  /** End of what can be had in whole. */
  readonly completeMs: number;
  /** How long segments will be; undefined when only complete ones are listed. */
  readonly prediction: Prediction | undefined;
}

/** Everything that a track's window holds, run by run; gaps are in no timeline. */
export function stretchesOf(track: DashTrack): readonly Stretch[] {
  const { segments, ended } = track.window;
  const byRun = Map.groupBy(
    segments.filter((segment) => !segment.gap),
    (segment) => segment.run,
  );
  const complete = segments.filter((segment) => segment.complete && !segment.gap);
  const durationsMs = complete.map((segment) => segment.durationMs);
  const newest = segments.at(-1);
  const prediction = ended || newest?.gap !== false ? undefined : predict(durationsMs, track.timing);
  return [...byRun].flatMap(([run, own]) => {
    const stretch = stretchOf(track, own, run === newest?.run ? prediction : undefined);
    return stretch ?? [];
  });
}

function stretchOf(
  track: DashTrack,
  own: readonly Segment[],
  prediction: Prediction | undefined,
): Stretch | undefined {
  const [first] = own;
  const complete = own.filter((segment) => segment.complete).map(timed);
  const listed = prediction ? [...complete, ...unfinished(track, own, prediction)] : complete;
  const [firstListed] = listed;
  if (!first || !firstListed) return undefined;
  return {
    track,
    run: first.run,
    mapName: first.mapName,
    firstName: first.name,
    offsetMs: first.startWallMs - first.startMs,
    segments: listed,
    completeMs: complete.at(-1)?.endMs ?? firstListed.startMs,
    prediction,
  };
}

/** The segment that is being filled, and the one after it. */
function unfinished(
  track: DashTrack,
  own: readonly Segment[],
  { durationMs, segments }: Prediction,
): readonly TimelineSegment[] {
  const promised: TimelineSegment[] = [];
  const newest = own.at(-1);
  let untilMs = newest ? newest.startMs + newest.durationMs : 0;
  if (newest?.complete === false) {
    const { startMs } = newest;
    const endMs = predictedEndMs(startMs, untilMs + track.timing.partTargetMs, durationMs);
    promised.push({ number: segmentNumber(newest.name)?.number ?? 0, startMs, endMs });
    untilMs = endMs;
  }
  const next = segmentNumber(track.nextSegmentName ?? '');
  if (next?.run === newest?.run && next && promised.length < segments)
    promised.push({ number: next.number, startMs: untilMs, endMs: untilMs + durationMs });
  return promised;
}

function timed({ name, startMs, durationMs }: Segment): TimelineSegment {
  return { number: segmentNumber(name)?.number ?? 0, startMs, endMs: startMs + durationMs };
}
