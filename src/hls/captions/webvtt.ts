import type { CaptionPlace } from '#src/core/timed-text.ts';
import type { Cue } from './cue.ts';

/** How the wall clock of captions becomes the media time of a run of the encoder. */
export interface WallToMedia {
  readonly wallMs: number;
  readonly mediaMs: number;
}

/**
 * Cue times are media times. That is also what a player assumes without the line (RFC 8216bis section 3.1.4), so those that
 * do not read it, and those that count in 33 bits, come to the same.
 */
const header = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n';

/**
 * A WebVTT segment or part: the header and these cues, each with the whole time that it is to be seen, also where that goes
 * beyond the segment (RFC 8216bis section 3.1.4). Players know by the id that they have it already.
 */
export function renderWebVtt(cues: readonly Cue[], at: WallToMedia): string {
  const sorted = cues.toSorted((one, other) => one.startMs - other.startMs || one.endMs - other.endMs);
  return [header, ...sorted.map((cue) => renderCue(cue, at))].join('\n');
}

function renderCue({ id, startMs, endMs, text, place }: Cue, at: WallToMedia): string {
  const toMedia = (wallMs: number): number => Math.max(0, Math.round(wallMs - at.wallMs + at.mediaMs));
  const start = toMedia(startMs);
  // A cue of no length is no cue.
  const end = Math.max(start + 1, toMedia(endMs));
  return `${id}\n${timestamp(start)} --> ${timestamp(end)}${renderPlace(place)}\n${escapeText(text)}\n`;
}

function renderPlace({ align, position, line, size }: CaptionPlace): string {
  return [
    align === undefined ? '' : ` align:${align}`,
    position === undefined ? '' : ` position:${position}%`,
    line === undefined ? '' : ` line:${line}%`,
    size === undefined ? '' : ` size:${size}%`,
  ].join('');
}

/** WebVTT timestamp; as many hours as there are. */
export function timestamp(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const hours = two(ms / 3_600_000);
  const minutes = two((ms / 60_000) % 60);
  const seconds = two((ms / 1000) % 60);
  return `${hours}:${minutes}:${seconds}.${String(ms % 1000).padStart(3, '0')}`;
}

/**
 * Text of people as cue text: what WebVTT would take for markup, an arrow or the end of the cue is none. Empty lines go, as
 * the first would end the cue.
 */
export function escapeText(text: string): string {
  return (
    text
      .replaceAll(/\r\n?/g, '\n')
      // eslint-disable-next-line no-control-regex -- these are what must not reach a player
      .replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F]/g, ' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join('\n')
  );
}
