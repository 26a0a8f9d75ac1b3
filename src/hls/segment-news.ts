import type { SoundChoice } from '#src/core/cmaf.ts';
import type { MediaSegment, SegmentListener } from '#src/core/record.ts';
import type { InitFacts } from './init.ts';
import type { Inits } from './inits.ts';
import type { Segment } from './media-segment.ts';

/** Where complete segments come from. */
export interface NewsSource {
  readonly id: string;
  readonly facts: InitFacts;
  readonly sound: SoundChoice | undefined;
  readonly inits: Inits;
}

/** Tells a listener of a complete segment, with everything that is needed to play it. */
export function tellSegment(
  listener: SegmentListener,
  { id, facts, sound, inits }: NewsSource,
  segment: Segment,
): void {
  const map = inits.get(segment.mapName);
  if (!map) return;
  const { kind, codecs, width, height, channels } = facts;
  const { msn, run, startMs, startWallMs, durationMs, independent, iFrameBytes, gap, parts } = segment;
  const told: MediaSegment = {
    ...{ rendition: id, kind, codecs, width, height, channels, sound, map },
    ...{ msn, run, startMs, startWallMs, durationMs, independent, iFrameBytes, gap },
    chunks: parts.map((part) => part.bytes),
  };
  listener.segment(told);
}
