import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { randomText } from '#src/core/random.ts';
import type { VodRequest } from '#src/core/record.ts';

/** Its own folder inside the folder of its stream; begins with the time, so that names sort by age. */
const idPattern = /^\d{8}T\d{6}Z-[A-Za-z0-9]{6}$/;
const mediaPattern = /^(?:[a-rt-z][a-z\d]{0,15}_\d{1,6}\.mp4|s[a-z\d]{0,15}_\d{1,6}\.vtt)$/;
const playlistPattern = /^([a-z][a-z\d]{0,15})\.m3u8$/;

/** The journal of a recording: what it consists of. Never served. */
export const journalName = 'index.jsonl';
/** The remux for download. */
export const downloadName = 'download.mp4';
export const posterName = 'poster.jpg';
export const storyboardName = 'storyboard.vtt';
export const spriteName = 'storyboard.jpg';
/** Marks a recording that the object store has. Never served. */
export const uploadedName = 'uploaded.json';
export const multivariantName = 'index.m3u8';

/** Names a new recording that begins at this time. */
export function newRecordingId(atMs: number): string {
  const time = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  // Letters and digits only: operators copy and type these.
  let tail = '';
  while (tail.length < 6) tail += randomText(8).replaceAll(/[-_]/g, '');
  return `${time}-${tail.slice(0, 6)}`;
}

/** Whether a text is the name of a recording. */
export function isRecordingId(text: string): boolean {
  return idPattern.test(text);
}

/** File of one rendition and stretch; that of text is WebVTT. */
export function mediaName(rendition: string, stretch: number): string {
  return `${rendition}_${stretch}.${rendition.startsWith('s') ? 'vtt' : 'mp4'}`;
}

/** Whether a text is the name of such a file. */
export function isMediaName(text: string): boolean {
  return mediaPattern.test(text);
}

/** The rendition whose media playlist this is; undefined for other names. */
export function renditionOfPlaylist(name: string): string | undefined {
  return name === multivariantName ? undefined : playlistPattern.exec(name)?.[1];
}

const fixedNames: ReadonlySet<string> = new Set([multivariantName, posterName, storyboardName, spriteName]);

/**
 * Reads a path below /vod/ (without query, not unescaped: nothing that we name needs escapes). Undefined for everything
 * that cannot be one of ours, so that no text of a client ever becomes part of a path on disk.
 */
export function parseVodPath(path: string): VodRequest | undefined {
  const [streamText = '', idText = '', name, ...rest] = path.split('/');
  const stream = parseStreamId(streamText);
  if (stream === undefined || rest.length > 0) return undefined;
  if (name === undefined) {
    const id = idText.endsWith('.mp4') ? idText.slice(0, -4) : '';
    return isRecordingId(id) ? { stream, id, name: downloadName } : undefined;
  }
  if (!isRecordingId(idText)) return undefined;
  const known = fixedNames.has(name) || isMediaName(name) || renditionOfPlaylist(name) !== undefined;
  return known ? { stream, id: idText, name } : undefined;
}

/** Names a recording among all. */
export function recordingKey(stream: StreamId, id: string): string {
  return `${stream}/${id}`;
}
