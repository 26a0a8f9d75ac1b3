import type { ExtraEntry, ExtraPlace, ExtraRendition } from './extras.ts';
import { discontinuitySequence, type Report, seconds, skippable, skipLine } from './playlist.ts';
import { PlaylistTexts } from './playlist-texts.ts';
import type { Rendition } from './rendition.ts';
import type { PlaylistBytes, ServedRendition } from './served.ts';
import type { StreamTiming } from './timing.ts';
import type { Waiters } from './waiters.ts';
import type { Segment } from './media-segment.ts';
import type { MediaWindow } from './window.ts';

/** What an I-frame playlist says. */
export interface IFrameView {
  readonly timing: StreamTiming;
  /** Complete segments of the rendition whose pictures these are. */
  readonly segments: readonly Segment[];
  readonly ended: boolean;
  readonly reports: readonly Report[];
}

/**
 * Writes a playlist of the pictures with which segments begin (EXT-X-I-FRAMES-ONLY, RFC 8216bis section 4.4.3.6): for each
 * segment of the rendition the range of bytes that holds its first picture, under the same sequence number. A segment that begins
 * without a keyframe has none: a gap. There are no parts in it (section 4.4.4.9).
 */
export function renderIFrames({ timing, segments, ended, reports }: IFrameView, skip: boolean): string {
  const skipped = skip && !ended ? skippable(segments, timing) : 0;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${timing.targetDurationMs / 1000}`,
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES' +
      `,HOLD-BACK=${seconds(timing.holdBackMs)}` +
      `,CAN-SKIP-UNTIL=${seconds(timing.canSkipUntilMs)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.msn ?? 1}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(segments)}`,
    '#EXT-X-I-FRAMES-ONLY',
  ];
  if (skipped > 0) lines.push(skipLine(skipped));
  let mapName = segments[skipped - 1]?.mapName;
  for (const segment of segments.slice(skipped)) {
    pushPicture(lines, segment, segment.mapName !== mapName);
    ({ mapName } = segment);
  }
  if (ended) lines.push('#EXT-X-ENDLIST');
  for (const { uri, lastMsn, lastPart } of reports)
    lines.push(
      `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${lastMsn}${lastPart >= 0 ? `,LAST-PART=${lastPart}` : ''}`,
    );
  lines.push('');
  return lines.join('\n');
}

function pushPicture(lines: string[], segment: Segment, withMap: boolean): void {
  if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (withMap) lines.push(`#EXT-X-MAP:URI="${segment.mapName}"`);
  lines.push(
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startWallMs).toISOString()}`,
    // A picture is shown until the next one comes.
    `#EXTINF:${seconds(segment.durationMs)},`,
  );
  const bytes = pictureBytes(segment);
  lines.push(bytes > 0 ? `#EXT-X-BYTERANGE:${bytes}@0` : '#EXT-X-GAP', segment.name);
}

/** Length of the picture that a segment begins with; 0 when it begins with none that stands alone. */
function pictureBytes({ independent, gap, iFrameBytes = 0 }: Segment): number {
  return independent && !gap ? iFrameBytes : 0;
}

/** The pictures of one rendition of video for those who seek (trick play): ranges of files that are there anyway. */
export class IFrames implements ExtraRendition, ServedRendition {
  readonly id: string;
  readonly mediaType: string;
  readonly hintName = undefined;
  readonly #video: Rendition;
  readonly #place: ExtraPlace;
  readonly #texts = new PlaylistTexts((skip) => this.#write(skip !== false));
  #written = '';

  constructor(video: Rendition, place: ExtraPlace) {
    this.id = `${video.id}i`;
    this.mediaType = video.mediaType;
    this.#video = video;
    this.#place = place;
  }

  get served(): ServedRendition {
    return this;
  }

  /** The window of the video: a reload that names a sequence number waits for the whole segment. */
  get window(): MediaWindow {
    return this.#video.window;
  }

  get waiters(): Waiters {
    return this.#video.waiters;
  }

  get timing(): StreamTiming {
    return this.#video.timing;
  }

  get entry(): ExtraEntry | undefined {
    const pictures = this.#complete().filter((segment) => pictureBytes(segment) > 0);
    if (pictures.length === 0) return undefined;
    const rates = pictures.map((segment) => (pictureBytes(segment) * 8_000) / segment.durationMs);
    const totalMs = pictures.reduce((sum, { durationMs }) => sum + durationMs, 0);
    const totalBytes = pictures.reduce((sum, segment) => sum + pictureBytes(segment), 0);
    return {
      as: 'i-frames',
      of: this.#video.id,
      peakBps: Math.ceil(Math.max(...rates)),
      averageBps: Math.ceil((totalBytes * 8_000) / totalMs),
    };
  }

  /** Everything it names is a file of the video. */
  init(): undefined {
    return undefined;
  }

  report(): Report | undefined {
    const last = this.#complete().at(-1);
    return last && { uri: `${this.id}.m3u8`, lastMsn: last.msn, lastPart: -1 };
  }

  /** Nothing to do: it is read off the window of the video when somebody asks. */
  follow(): void {
    return;
  }

  playlist(skip: boolean | 'v2'): PlaylistBytes {
    const { segments, ended } = this.window;
    const written = `${segments[0]?.msn ?? 0} ${this.#complete().at(-1)?.msn ?? 0} ${String(ended)}`;
    if (written !== this.#written) this.#texts.clear();
    this.#written = written;
    return this.#texts.get(skip !== false);
  }

  #complete(): readonly Segment[] {
    const { segments } = this.window;
    return segments.at(-1)?.complete === false ? segments.slice(0, -1) : segments;
  }

  #write(skip: boolean): string {
    const { ended } = this.window;
    const reports = this.#place.reports(this.id);
    return renderIFrames({ timing: this.timing, segments: this.#complete(), ended, reports }, skip);
  }
}
