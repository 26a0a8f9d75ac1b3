import type { InitLine, Journal } from './journal.ts';
import { mediaName } from './names.ts';
import { type ListedRange, textRangesOf, textsOf } from './vod-text.ts';
import { soundLines } from './vod-sounds.ts';

/** Renditions of a recording by name, so that the best picture and the sound for all players stand first; of each the newest facts. */
export function renditionsOf({ inits }: Journal): readonly InitLine[] {
  const newest = new Map<string, InitLine>();
  for (const init of inits) newest.set(init.rendition, init);
  return [...newest.values()].toSorted((a, b) => (a.rendition < b.rendition ? -1 : 1));
}

/** Length of the recording: that of its longest rendition. */
export function durationOf(journal: Journal): number {
  const sums = new Map<string, number>();
  for (const { rendition, durationMs } of journal.segments)
    sums.set(rendition, (sums.get(rendition) ?? 0) + durationMs);
  return Math.max(0, ...sums.values());
}

/** Breaks in the recording. */
export function discontinuitiesOf({ segments }: Journal): number {
  return Math.max(0, new Set(segments.map(({ stretch }) => stretch)).size - 1);
}

/** The multivariant playlist (RFC 8216bis section 4.4.6); undefined while nothing can be played. */
export function multivariantOf(journal: Journal): string | undefined {
  const renditions = renditionsOf(journal);
  const media = renditions.filter(({ kind }) => kind !== 'text');
  const all = media.map((facts) => ({ facts, ...bitratesOf(journal, facts.rendition) }));
  const playable = all.filter(({ peakBps }) => peakBps > 0);
  const audio = playable.find(({ facts }) => facts.kind === 'audio');
  const videos = playable.filter(({ facts }) => facts.kind === 'video');
  const group = videos.length > 0 ? audio : undefined;
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7'];
  if (group) lines.push(...soundLines(journal, group.facts, renditions));
  const texts = textsOf(journal, renditions);
  lines.push(...texts.flatMap(subtitlesLine));
  const variants = videos.length > 0 ? videos : playable.slice(0, 1);
  for (const { facts, peakBps, averageBps } of variants) {
    const codecs = group ? `${facts.codecs},${group.facts.codecs}` : facts.codecs;
    const { rendition, width, height } = facts;
    lines.push(
      `#EXT-X-STREAM-INF:BANDWIDTH=${peakBps + (group?.peakBps ?? 0)}` +
        `,AVERAGE-BANDWIDTH=${averageBps + (group?.averageBps ?? 0)},CODECS="${codecs}"` +
        (width > 0 ? `,RESOLUTION=${width}x${height}` : '') +
        (group ? ',AUDIO="audio"' : '') +
        (texts.length > 0 ? ',SUBTITLES="subtitles"' : ''),
      `${rendition}.m3u8`,
    );
  }
  return variants.length > 0 ? `${lines.join('\n')}\n` : undefined;
}

/**
 * The media playlist of one rendition: byte ranges of the recorded files. It grows (EVENT) until the recording is complete,
 * and is then closed (VOD). Undefined for renditions that there are not.
 */
export function mediaPlaylistOf(journal: Journal, rendition: string): string | undefined {
  const segments = rangesOf(journal, rendition);
  if (segments.length === 0) return undefined;
  const longestMs = Math.max(...segments.map(({ durationMs }) => durationMs));
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    // Whole seconds, and no EXTINF may round to more (section 4.4.3.1). It must not change while the list grows.
    `#EXT-X-TARGETDURATION:${journal.end ? Math.max(1, Math.round(longestMs / 1000)) : journal.head.targetDurationMs / 1000}`,
    `#EXT-X-PLAYLIST-TYPE:${journal.end ? 'VOD' : 'EVENT'}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
  ];
  if (segments.every(({ independent, gap }) => independent || gap)) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  const own = journal.inits.filter((init) => init.rendition === rendition);
  const inits = new Map(own.map((init) => [init.stretch, init]));
  // WebVTT needs no init segment.
  const mapped = own[0]?.kind !== 'text';
  let stretch = 0;
  for (const segment of segments) {
    if (segment.stretch !== stretch) {
      const init = inits.get(segment.stretch);
      if (mapped && !init) continue;
      if (stretch !== 0) lines.push('#EXT-X-DISCONTINUITY');
      if (mapped && init) lines.push(`#EXT-X-MAP:URI="${segment.file}",BYTERANGE="${init.bytes}@0"`);
      ({ stretch } = segment);
    }
    pushSegment(lines, segment);
  }
  if (journal.end) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** One language of a group (section 4.4.6.1). */
function subtitlesLine({ rendition, text }: InitLine): readonly string[] {
  if (!text) return [];
  return [
    `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="${text.name}",LANGUAGE="${text.language}"` +
      `,DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="${rendition}.m3u8"`,
  ];
}

function rangesOf(journal: Journal, rendition: string): readonly ListedRange[] {
  const isText = journal.inits.some((init) => init.rendition === rendition && init.kind === 'text');
  if (isText) return textRangesOf(journal, rendition);
  return journal.segments
    .filter((segment) => segment.rendition === rendition)
    .map((segment) => ({ ...segment, file: mediaName(rendition, segment.stretch) }));
}

function pushSegment(lines: string[], segment: ListedRange): void {
  const { file, startWallMs, durationMs, offset, bytes, gap } = segment;
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(startWallMs).toISOString()}`);
  if (gap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${(durationMs / 1000).toFixed(5)},`);
  if (!gap) lines.push(`#EXT-X-BYTERANGE:${bytes}@${offset}`);
  lines.push(file);
}

function bitratesOf(
  { segments }: Journal,
  rendition: string,
): { readonly peakBps: number; readonly averageBps: number } {
  let [peak, bytes, totalMs] = [0, 0, 0];
  for (const segment of segments) {
    if (segment.rendition !== rendition || segment.gap || segment.durationMs <= 0) continue;
    peak = Math.max(peak, segment.bytes / segment.durationMs);
    bytes += segment.bytes;
    totalMs += segment.durationMs;
  }
  return {
    peakBps: Math.ceil(peak * 8_000),
    averageBps: totalMs > 0 ? Math.ceil((bytes / totalMs) * 8_000) : 0,
  };
}
