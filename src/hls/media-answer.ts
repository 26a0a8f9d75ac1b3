import type { OutgoingHttpHeaders } from 'node:http';
import { askedRange, weigh } from '#src/core/preconditions.ts';
import type { HlsAnswer, HlsIncoming } from './exchange.ts';
import { cacheHeaders, type CacheAudience, sendBytes } from './respond.ts';

/** A file of a rendition. Its name is never used again for other bytes, so the name alone is its version. */
export interface MediaFile {
  readonly name: string;
  readonly type: string;
  /** One behind the other they are the file. */
  readonly chunks: readonly Uint8Array[];
  readonly audience: CacheAudience;
  readonly cacheControl: string;
}

/**
 * Answers with a file, or the one range of it that is asked for (RFC 9110 section 14), as playlists of keyframes do; returns the
 * length of the body.
 */
export function sendMedia(request: HlsIncoming, response: HlsAnswer, file: MediaFile): number {
  const { name, chunks } = file;
  const etag = `"${name}"`;
  const headers = headersOf(file, etag);
  if (weigh(request, { etag }) === 'not-modified') return sendBytes(response, [], headers, 304);
  const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const range = askedRange(request, { etag }, sizeBytes);
  if (range === undefined) return sendBytes(response, chunks, headers);
  if (range === 'none') {
    const refused = { 'Content-Range': `bytes */${sizeBytes}`, 'Cache-Control': 'no-store' };
    return sendBytes(response, [], refused, 416);
  }
  const { start, end } = range;
  const part = { ...headers, 'Content-Range': `bytes ${start}-${end}/${sizeBytes}` };
  return sendBytes(response, cut(chunks, start, end), part, 206);
}

function headersOf({ type, audience, cacheControl }: MediaFile, etag: string): OutgoingHttpHeaders {
  const kept = cacheHeaders(audience, cacheControl);
  return { 'Content-Type': type, 'Accept-Ranges': 'bytes', ETag: etag, ...kept };
}

/** The bytes from `start` to `end`, both included, without copying any. */
function cut(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    if (piece.length > 0) kept.push(piece);
    at += chunk.length;
  }
  return kept;
}
