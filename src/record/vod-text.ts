import type { InitLine, Journal, SegmentLine } from './journal.ts';
import { mediaName } from './names.ts';

/** A range of a file as a playlist lists it. */
export interface ListedRange extends Pick<
  SegmentLine,
  'stretch' | 'startWallMs' | 'durationMs' | 'independent' | 'gap' | 'offset' | 'bytes'
> {
  readonly file: string;
}

/** The rendition whose segments those of text go along with: the best picture, or the sound for all players. */
function leaderOf({ inits }: Journal): string | undefined {
  const ids = (kind: InitLine['kind']): readonly string[] =>
    inits.flatMap((init) => (init.kind === kind ? [init.rendition] : [])).toSorted();
  return ids('video')[0] ?? ids('audio')[0];
}

/**
 * The segments of text: one for each segment of the leader, so that playlists are in step from the first to the last
 * (RFC 8216bis section 6.2.4). Where nothing was said it is the silence at the front of the file, also in stretches from before
 * the first word of a language.
 */
export function textRangesOf(journal: Journal, rendition: string): readonly ListedRange[] {
  const silence = journal.inits.find((init) => init.rendition === rendition);
  const leader = leaderOf(journal);
  const beats = journal.segments.filter((segment) => segment.rendition === leader);
  const said = journal.segments.filter((segment) => segment.rendition === rendition);
  if (!silence) return [];
  const nothing = { file: mediaName(rendition, silence.stretch), offset: 0, bytes: silence.bytes };
  let next = 0;
  const ranges = beats.map(({ stretch, startMs, startWallMs, durationMs }) => {
    const isBefore = (text: SegmentLine): boolean =>
      text.stretch < stretch || (text.stretch === stretch && middleOf(text) < startMs);
    let text = said[next];
    while (text && isBefore(text)) text = said[++next];
    const isHere = text?.stretch === stretch && middleOf(text) < startMs + durationMs;
    const place =
      text && isHere
        ? { file: mediaName(rendition, stretch), offset: text.offset, bytes: text.bytes }
        : nothing;
    if (isHere) next += 1;
    return { stretch, startWallMs, durationMs, independent: true, gap: false, ...place };
  });
  // What is said in the newest segment of the leader may not be written yet, and what was listed must not change.
  return journal.end ? ranges : ranges.slice(0, -1);
}

/** Languages that a recording has something to show of; while it grows, all that may still come. */
export function textsOf(journal: Journal, renditions: readonly InitLine[]): readonly InitLine[] {
  return renditions.filter(({ kind, rendition }) => {
    if (kind !== 'text') return false;
    if (journal.end) return journal.segments.some((segment) => segment.rendition === rendition);
    return textRangesOf(journal, rendition).length > 0;
  });
}

function middleOf({ startMs, durationMs }: SegmentLine): number {
  return startMs + durationMs / 2;
}
