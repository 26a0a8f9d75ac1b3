import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { errorCode } from '#src/core/error-code.ts';
import { Failure } from '#src/core/failure.ts';
import { askedRange, type Version, weigh } from '#src/core/preconditions.ts';
import type { VodFile } from '#src/core/record.ts';

/**
 * Sends a plain file, the range of it that was asked for, or why not (RFC 9110 sections 13 and 14). A link in its place is not
 * followed. Not by express's own way of sending files, which opens by name what it has looked at before, follows links, sends
 * parts in answer to HEAD and takes weak tags in If-Range. Throws `recording-file-gone`, `precondition-failed`.
 */
export async function sendFile(response: Response, file: VodFile, cacheControl: string): Promise<void> {
  await using handle = await openPlain(file.path);
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile()) throw gone();
  const sizeBytes = Math.min(Number(stats.size), file.sizeBytes ?? Infinity);
  const version = versionOf(stats, file, sizeBytes);
  const { req: request } = response;
  const verdict = weigh(request, version);
  if (verdict === 'failed') throw changed();
  const range = verdict === 'proceed' ? askedRange(request, version, sizeBytes) : undefined;
  if (range === 'none') {
    // Of the file itself nothing is said: a cache that keeps what it was told of a file would keep this.
    response.set({ 'Content-Range': `bytes */${sizeBytes}`, 'Cache-Control': 'no-store' });
    response.status(416).end();
    return;
  }
  const { modifiedMs } = version;
  response.set({ ETag: version.etag, 'Cache-Control': cacheControl });
  if (modifiedMs !== undefined) response.set('Last-Modified', new Date(modifiedMs).toUTCString());
  if (verdict === 'not-modified') {
    response.status(304).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  response.set({
    'Accept-Ranges': 'bytes',
    'Content-Type': file.type,
    'Content-Length': `${end - start + 1}`,
  });
  if (file.saveAs !== undefined) response.set('Content-Disposition', `attachment; filename="${file.saveAs}"`);
  if (range) response.status(206).set('Content-Range', `bytes ${start}-${end}/${sizeBytes}`);
  if (request.method === 'HEAD' || end < start) response.end();
  else await copy(handle, response, { start, end });
}

/** A file that is made again is another one, or has another time; one that grows has another length. */
function versionOf({ mtimeNs, ino }: BigIntStats, { immutable }: VodFile, sizeBytes: number): Version {
  const etag = `"${[BigInt(sizeBytes), mtimeNs, ino].map((part) => part.toString(36)).join('-')}"`;
  return { etag, modifiedMs: immutable ? Number(mtimeNs / 1_000_000n) : undefined };
}

async function copy(
  handle: FileHandle,
  response: Response,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<void> {
  try {
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
  } catch (error) {
    // Players seek: they leave in the middle all the time.
    if (!response.destroyed) throw error;
  }
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') throw gone();
    throw error;
  }
}

function gone(): Failure {
  return new Failure('missing', 'recording-file-gone', 'the file was there a moment ago and is not any more');
}

function changed(): Failure {
  return new Failure('stale', 'precondition-failed', 'the file is not the version that the request is for');
}
