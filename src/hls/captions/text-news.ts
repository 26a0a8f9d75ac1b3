import type { SegmentListener, TextLanguage } from '#src/core/record.ts';
import type { Segment } from '../media-segment.ts';
import { renderWebVtt } from './webvtt.ts';

/** Where a segment of text comes from, and what is in it. */
export interface TextNews extends TextLanguage {
  readonly id: string;
  /** The whole segment, or nothing where nothing is said in it. */
  readonly chunks: readonly Uint8Array[];
}

const silence = Buffer.from(renderWebVtt([], { wallMs: 0, mediaMs: 0 }));

/** Tells a listener of a complete segment of subtitles. */
export function tellText(listener: SegmentListener, segment: Segment, news: TextNews): void {
  const { id: rendition, language, name, chunks } = news;
  const { msn, run, startMs, startWallMs, durationMs } = segment;
  listener.segment({
    ...{ rendition, kind: 'text', text: { language, name }, codecs: 'wvtt' },
    ...{ width: 0, height: 0, channels: 0, map: silence },
    ...{ msn, run, startMs, startWallMs, durationMs, independent: true, gap: false, chunks },
  });
}
