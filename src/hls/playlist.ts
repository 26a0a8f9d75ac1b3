import type { DateRangeView } from './dateranges.ts';
import type { StreamTiming } from './timing.ts';
import type { Segment } from './media-segment.ts';

/** Where another rendition of the same stream stands (EXT-X-RENDITION-REPORT). */
export interface Report {
  readonly uri: string;
  readonly lastMsn: number;
  /** -1 when the last segment has no parts yet. */
  readonly lastPart: number;
}

/** What a delta update leaves out: nothing, old segments, or (`v2`) old date ranges too (RFC 8216bis section 6.2.5.1). */
export type Skip = boolean | 'v2';

/** Everything a media playlist says. */
export interface PlaylistView {
  readonly timing: StreamTiming;
  readonly segments: readonly Segment[];
  readonly ended: boolean;
  readonly everyIndependent: boolean;
  /** Name of the next part; undefined when none will come. */
  readonly hintName: string | undefined;
  readonly reports: readonly Report[];
  readonly dateRanges?: DateRangeView;
}

/**
 * Writes a media playlist (RFC 8216bis section 4.4); with `skip`, as a delta update (section 6.2.5.1) when there is
 * anything to leave out.
 */
export function renderPlaylist(view: PlaylistView, skip: Skip): string {
  const { timing, segments, ended } = view;
  const endMs = segments.reduce((sum, segment) => sum + listedMs(segment), 0);
  const skipped = skip && !ended ? skippable(segments, timing) : 0;
  const told = view.dateRanges ?? { tags: [], removed: [] };
  // Whoever asks for a delta update has a playlist that reaches behind the skip boundary, so it knows these.
  const knownTo = skip === 'v2' && skipped > 0 ? segments[skipped]?.msn : undefined;
  const dateRanges = told.tags.filter(({ sinceMsn }) => knownTo === undefined || sinceMsn >= knownTo);
  // Section 8: 10 where date ranges are skipped.
  const lines = headerLines(view, dateRanges.length < told.tags.length ? 10 : 9);
  if (skipped > 0) lines.push(skipLine(skipped, knownTo === undefined ? undefined : told.removed));
  for (const { text } of dateRanges) lines.push(text);
  let untilMs = 0;
  let mapName = '';
  for (const [index, segment] of segments.entries()) {
    untilMs += listedMs(segment);
    if (index >= skipped) {
      pushSegment(lines, segment, {
        map: segment.mapName !== mapName,
        // Section 6.2.2: parts further than three target durations from the end are of no use to anybody.
        parts: endMs - untilMs <= 3 * timing.targetDurationMs,
      });
    }
    ({ mapName } = segment);
  }
  if (ended) lines.push('#EXT-X-ENDLIST');
  else if (view.hintName !== undefined) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${view.hintName}"`);
  for (const { uri, lastMsn, lastPart } of view.reports) {
    const part = lastPart >= 0 ? `,LAST-PART=${lastPart}` : '';
    lines.push(`#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${lastMsn}${part}`);
  }
  lines.push('');
  return lines.join('\n');
}

/** EXT-X-SKIP; with the ids of date ranges that were removed where these are skipped too. */
export function skipLine(segments: number, removed?: readonly string[]): string {
  const ids = removed === undefined ? '' : `,RECENTLY-REMOVED-DATERANGES="${removed.join('\t')}"`;
  return `#EXT-X-SKIP:SKIPPED-SEGMENTS=${segments}${ids}`;
}

/** Complete segments that lie wholly in front of the skip boundary: a delta update leaves them out (section 6.2.5.1). */
export function skippable(segments: readonly Segment[], timing: StreamTiming): number {
  const boundaryMs = segments.reduce((sum, segment) => sum + listedMs(segment), 0) - timing.canSkipUntilMs;
  let untilMs = 0;
  let count = 0;
  for (const segment of segments) {
    untilMs += listedMs(segment);
    if (untilMs > boundaryMs || !segment.complete) break;
    count += 1;
  }
  return count;
}

/** EXT-X-DISCONTINUITY-SEQUENCE; a discontinuity that is still listed has not been counted as removed (section 4.4.3.3). */
export function discontinuitySequence([first]: readonly Segment[]): number {
  return first ? first.run - 1 - (first.discontinuity ? 1 : 0) : 0;
}

function headerLines({ timing, segments, everyIndependent }: PlaylistView, version: number): string[] {
  const [first] = segments;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    `#EXT-X-TARGETDURATION:${timing.targetDurationMs / 1000}`,
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES' +
      `,PART-HOLD-BACK=${seconds(timing.partHoldBackMs)}` +
      `,HOLD-BACK=${seconds(timing.holdBackMs)}` +
      `,CAN-SKIP-UNTIL=${seconds(timing.canSkipUntilMs)},CAN-SKIP-DATERANGES=YES`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(timing.partTargetMs)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.msn ?? 1}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(segments)}`,
  ];
  if (everyIndependent) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (timing.startBehindMs !== undefined)
    lines.push(`#EXT-X-START:TIME-OFFSET=-${seconds(timing.startBehindMs)}`);
  return lines;
}

function pushSegment(
  lines: string[],
  segment: Segment,
  show: { readonly map: boolean; readonly parts: boolean },
): void {
  if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (show.map) lines.push(`#EXT-X-MAP:URI="${segment.mapName}"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startWallMs).toISOString()}`);
  if (segment.gap) lines.push('#EXT-X-GAP');
  if (show.parts) {
    for (const part of segment.parts) {
      const is = `${part.independent ? ',INDEPENDENT=YES' : ''}${part.gap === true ? ',GAP=YES' : ''}`;
      lines.push(`#EXT-X-PART:DURATION=${seconds(part.listedMs)},URI="${part.name}"${is}`);
    }
  }
  if (segment.complete) lines.push(`#EXTINF:${seconds(segment.durationMs)},`, segment.name);
}

/** Duration as clients add it up: an open segment is as long as its listed parts. */
function listedMs(segment: Segment): number {
  if (segment.complete) return segment.durationMs;
  return segment.parts.reduce((sum, part) => sum + part.listedMs, 0);
}

/** Seconds as playlists print them. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(5);
}
