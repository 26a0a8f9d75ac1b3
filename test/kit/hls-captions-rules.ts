import type { ReadPlaylist, ReadSegment } from './hls-reader.ts';
import type { Check } from './hls-rules.ts';
import type { ReadCue, ReadVtt } from './webvtt-reader.ts';

/** Rules for a subtitle playlist beside the main one (RFC 8216bis sections 4.4.6.1 and 6.2.1): in step in everything. */
export function checkInStep(main: ReadPlaylist, subtitles: ReadPlaylist, check: Check): void {
  check('subtitles have the same target duration', main.targetDurationS === subtitles.targetDurationS);
  check('subtitles have the same part target', main.partTargetS === subtitles.partTargetS);
  check(
    'subtitles need no init segment',
    subtitles.segments.every(({ map }) => map === ''),
  );
  check('subtitles reach as far', lastOf(main) === lastOf(subtitles), `${lastOf(main)} ${lastOf(subtitles)}`);
  const byMsn = new Map(main.segments.map((segment) => [segment.msn, segment]));
  for (const segment of subtitles.segments) {
    const same = byMsn.get(segment.msn);
    if (!same) continue;
    const name = `segment ${segment.msn}`;
    check('subtitle segments begin with those of the main playlist', same.wallMs === segment.wallMs, name);
    check('subtitle segments last as long', same.durationS === segment.durationS, name);
    check('discontinuities are at the same places', same.discontinuity === segment.discontinuity, name);
    check('gaps are at the same places', same.gap === segment.gap, name);
    check('parts are at the same places', lengths(same) === lengths(segment), name);
  }
}

function lastOf({ segments }: ReadPlaylist): string {
  const last = segments.at(-1);
  return `${last?.msn}.${last?.parts.length}`;
}

function lengths({ parts }: ReadSegment): string {
  return JSON.stringify(parts.map((part) => part.durationS));
}

/** A file of cues and the media time that it is for. */
export interface PlacedVtt {
  readonly vtt: ReadVtt;
  readonly startMs: number;
  readonly endMs: number;
}

/** Rounding of times to whole milliseconds, twice. */
const toleranceMs = 2;

/** Rules for a complete segment and its parts (RFC 8216bis sections 3.1.4 and 3.2). */
export function checkCues(segment: PlacedVtt, parts: readonly PlacedVtt[], check: Check): void {
  for (const { vtt, startMs, endMs } of [segment, ...parts]) {
    check('cue times are media times', vtt.mpegTs === vtt.localMs * 90);
    for (const cue of vtt.cues)
      check(
        'a cue is where it is to be seen',
        cue.startMs < endMs + toleranceMs && cue.endMs > startMs - toleranceMs,
        `${cue.id} ${cue.startMs}-${cue.endMs} in ${startMs}-${endMs}`,
      );
  }
  const inParts = new Map(parts.flatMap(({ vtt }) => vtt.cues.map((cue) => [cue.id, cue])));
  check(
    'a segment has the cues of its parts',
    listOf([...inParts.values()]) === listOf(segment.vtt.cues),
    `${listOf([...inParts.values()])} ${listOf(segment.vtt.cues)}`,
  );
  for (const { vtt } of parts)
    for (const cue of vtt.cues)
      check(
        'a cue is the same wherever it stands',
        JSON.stringify(cue) === JSON.stringify(segment.vtt.cues.find(({ id }) => id === cue.id)),
        cue.id,
      );
}

function listOf(cues: readonly ReadCue[]): string {
  return cues
    .map(({ id }) => id)
    .toSorted()
    .join(' ');
}
