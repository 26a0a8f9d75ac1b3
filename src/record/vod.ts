import { bitratesOf, type Bitrates } from '#src/core/bitrates.ts';
import type { InitLine, Journal } from './journal.ts';
import { mediaName, multivariantName } from './names.ts';
import { type ListedRange, textRangesOf, textsOf } from './vod-text.ts';
import { type Sounds, soundsOf } from './vod-sounds.ts';

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
  const rates = new Map(media.map(({ rendition }) => [rendition, ratesOf(journal, rendition)]));
  const playable = media.filter(({ rendition }) => (rates.get(rendition)?.peakBps ?? 0) > 0);
  const videos = playable.filter(({ kind }) => kind === 'video');
  const sounds = soundsOf(journal, playable, rates);
  const texts = textsOf(journal, renditions);
  const beside = sounds.length > 0 ? sounds : [undefined];
  const variants =
    videos.length > 0
      ? beside.flatMap((group) => videos.map((video) => ({ video, group })))
      : sounds.map((group) => ({ video: undefined, group }));
  if (variants.length === 0) return undefined;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    ...(isIndependent(journal) ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    ...sounds.flatMap((group) => (videos.length > 0 || group.lines.length > 1 ? group.lines : [])),
    ...texts.flatMap(subtitlesLine),
    ...variants.flatMap(({ video, group }) =>
      variantLines({ video, group, rates: video && rates.get(video.rendition), withText: texts.length > 0 }),
    ),
    ...videos.flatMap((video) => iFramesLine(video, ratesOf(journal, pictures(video.rendition)))),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The media playlist of one rendition: byte ranges of the recorded files. It grows (EVENT), and what it says of itself stays as it
 * is; when the recording is complete it only gets an end (RFC 8216bis section 6.2.1). With an `i` behind the name of video it is
 * that of its keyframes (section 4.4.3.6). Undefined for renditions that there are not.
 */
export function mediaPlaylistOf(journal: Journal, rendition: string): string | undefined {
  const segments = rangesOf(journal, rendition);
  if (segments.length === 0) return undefined;
  const video = videoOfPictures(journal, rendition);
  const own = journal.inits.filter((init) => init.rendition === (video ?? rendition));
  const inits = new Map(own.map((init) => [init.stretch, init]));
  // WebVTT needs no init segment.
  const mapped = own[0]?.kind !== 'text';
  const lines = headOf(journal, segments, video === undefined ? own[0]?.kind : 'pictures');
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

function headOf(
  { head }: Journal,
  segments: readonly ListedRange[],
  kind: InitLine['kind'] | 'pictures' | undefined,
): string[] {
  const longestMs = segments.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
  // Whole seconds, and no EXTINF may round to more (section 4.4.3.1). That of the live playlists keeps to it from the beginning.
  const targetS = Math.max(Math.ceil(head.targetDurationMs / 1000), Math.round(longestMs / 1000));
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetS}`,
    '#EXT-X-PLAYLIST-TYPE:EVENT',
    '#EXT-X-MEDIA-SEQUENCE:0',
  ];
  if (kind === 'pictures') lines.push('#EXT-X-I-FRAMES-ONLY');
  // Of video nobody knows before its end: a segment may have to begin without a keyframe.
  else if (kind !== 'video') lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  return lines;
}

/** All playlists of a recording by name. */
export function playlistsOf(journal: Journal): ReadonlyMap<string, string> {
  const renditions = renditionsOf(journal);
  const videos = renditions.filter(({ kind }) => kind === 'video');
  const names = [
    ...renditions.map(({ rendition }) => rendition),
    ...videos.map((one) => pictures(one.rendition)),
  ];
  const texts = new Map([[multivariantName, multivariantOf(journal)]]);
  for (const name of names) texts.set(`${name}.m3u8`, mediaPlaylistOf(journal, name));
  return new Map([...texts].flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

/** Whether every segment can be decoded by itself, in what will not grow any more (section 4.4.2.1). */
function isIndependent({ segments, end }: Journal): boolean {
  return end !== undefined && segments.every(({ independent, gap }) => independent || gap);
}

function variantLines({
  video,
  group,
  rates: { peakBps, averageBps } = { peakBps: 0, averageBps: 0 },
  withText,
}: {
  readonly video: InitLine | undefined;
  readonly group: Sounds | undefined;
  readonly rates: Bitrates | undefined;
  readonly withText: boolean;
}): readonly string[] {
  const codecs = [video, group?.main].flatMap((one) => (one ? [one.codecs] : [])).join(',');
  const inGroup = group && (video ?? group.lines[1]) !== undefined;
  return [
    `#EXT-X-STREAM-INF:BANDWIDTH=${peakBps + (group?.rates.peakBps ?? 0)}` +
      `,AVERAGE-BANDWIDTH=${averageBps + (group?.rates.averageBps ?? 0)},CODECS="${codecs}"` +
      (video ? resolution(video) : '') +
      (inGroup ? `,AUDIO="${group.id}"` : '') +
      (withText ? ',SUBTITLES="subtitles"' : ''),
    `${(video ?? group?.main)?.rendition ?? ''}.m3u8`,
  ];
}

/** The keyframes of a video, for seeking fast (section 4.4.6.3); recordings from before these were noted have none. */
function iFramesLine(video: InitLine, { peakBps, averageBps }: Bitrates): readonly string[] {
  if (peakBps === 0) return [];
  return [
    `#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=${peakBps},AVERAGE-BANDWIDTH=${averageBps},CODECS="${video.codecs}"` +
      `${resolution(video)},URI="${pictures(video.rendition)}.m3u8"`,
  ];
}

function resolution({ width, height }: InitLine): string {
  return width > 0 ? `,RESOLUTION=${width}x${height}` : '';
}

/** Name of the keyframes of a video. */
function pictures(video: string): string {
  return `${video}i`;
}

/** The video whose keyframes are called so; undefined for any other name, and where no keyframe was noted. */
function videoOfPictures({ inits, segments }: Journal, rendition: string): string | undefined {
  const video = inits.find(
    (init) => init.kind === 'video' && pictures(init.rendition) === rendition,
  )?.rendition;
  const noted = segments.some((one) => one.rendition === video && one.iFrameBytes !== undefined);
  return noted ? video : undefined;
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
  const video = videoOfPictures(journal, rendition);
  return journal.segments
    .filter((segment) => segment.rendition === (video ?? rendition))
    .map((segment) => {
      const file = mediaName(segment.rendition, segment.stretch);
      if (video === undefined) return { ...segment, file };
      // A picture is shown until the next one comes.
      const { iFrameBytes: bytes = 0 } = segment;
      return { ...segment, file, bytes, gap: bytes === 0 };
    });
}

function pushSegment(lines: string[], segment: ListedRange): void {
  const { file, startWallMs, durationMs, offset, bytes, gap } = segment;
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(startWallMs).toISOString()}`);
  if (gap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${(durationMs / 1000).toFixed(5)},`);
  if (!gap) lines.push(`#EXT-X-BYTERANGE:${bytes}@${offset}`);
  lines.push(file);
}

function ratesOf(journal: Journal, rendition: string): Bitrates {
  return bitratesOf(rangesOf(journal, rendition), journal.head.targetDurationMs);
}
