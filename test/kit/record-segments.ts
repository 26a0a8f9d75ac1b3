import type { TrackKind } from '#src/core/media.ts';
import type { MediaSegment } from '#src/core/record.ts';
import type { HeadLine, InitLine, Journal, SegmentLine } from '#src/record/journal.ts';

/** A segment of a made stream; `bytes` are its name. */
export function madeSegment(kind: TrackKind, index: number, more: Partial<MediaSegment> = {}): MediaSegment {
  const rendition = kind === 'video' ? 'v0' : 'a0';
  return {
    ...{ rendition, kind, msn: index + 1, run: 1 },
    codecs: kind === 'video' ? 'avc1.42c01e' : 'mp4a.40.2',
    ...(kind === 'video' ? { width: 640, height: 360, channels: 0 } : { width: 0, height: 0, channels: 2 }),
    map: Buffer.from(`map of ${rendition}`),
    startMs: index * 2_000,
    startWallMs: 1_700_000_000_000 + index * 2_000,
    durationMs: 2_000,
    independent: true,
    gap: false,
    chunks: [Buffer.from(`${rendition}#${index}.`), Buffer.from('more')],
    ...more,
  };
}

/** The first line of a made journal. */
export const madeHead: HeadLine = {
  t: 'recording',
  version: 1,
  stream: 'live',
  id: '20231114T221320Z-abcdef',
  startedWallMs: 1_700_000_000_000,
  targetDurationMs: 8_000,
};

/** A journal with video and audio: so many segments in each stretch. */
export function madeJournal(stretches: readonly number[], ended = true): Journal {
  const inits: InitLine[] = [];
  const segments: SegmentLine[] = [];
  let index = 0;
  for (const [at, count] of stretches.entries()) {
    const stretch = at + 1;
    for (const kind of ['video', 'audio'] as const) {
      const { rendition, codecs, width, height, channels } = madeSegment(kind, 0);
      inits.push({ t: 'init', rendition, stretch, kind, codecs, width, height, channels, bytes: 100 });
      for (let number = 0; number < count; number++) {
        const { startMs, startWallMs, durationMs, independent, gap } = madeSegment(kind, index + number);
        const place = { offset: 100 + number * 1_000, bytes: 1_000 };
        const times = { startMs, startWallMs, durationMs, independent, gap };
        segments.push({ t: 'segment', rendition, stretch, ...times, ...place });
      }
    }
    index += count;
  }
  const end = { t: 'end', endedWallMs: 1_700_000_000_000 + index * 2_000, reason: 'ended' } as const;
  return { head: madeHead, inits, segments, end: ended ? end : undefined, soundBytes: 0 };
}
