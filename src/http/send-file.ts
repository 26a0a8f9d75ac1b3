import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { readRange } from '#src/core/byte-range.ts';
import { errorCode } from '#src/core/error-code.ts';
import { Failure } from '#src/core/failure.ts';
import type { VodFile } from '#src/core/record.ts';

/** Sends a plain file or a part of it. A link in its place is not followed. */
export async function sendFile(response: Response, file: VodFile, cacheControl: string): Promise<void> {
  await using handle = await openPlain(file.path);
  const stats = await handle.stat();
  if (!stats.isFile()) throw gone();
  const sizeBytes = Math.min(stats.size, file.sizeBytes ?? stats.size);
  const { req: request } = response;
  const range = readRange(request.headers.range, sizeBytes);
  response.set({ 'Accept-Ranges': 'bytes', 'Content-Type': file.type, 'Cache-Control': cacheControl });
  if (file.immutable) response.set('Last-Modified', stats.mtime.toUTCString());
  if (file.saveAs !== undefined) response.set('Content-Disposition', `attachment; filename="${file.saveAs}"`);
  if (range === 'none') {
    response.status(416).set('Content-Range', `bytes */${sizeBytes}`).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  response.set('Content-Length', String(end - start + 1));
  if (range) response.status(206).set('Content-Range', `bytes ${start}-${end}/${sizeBytes}`);
  if (request.method === 'HEAD' || end < start) {
    response.end();
    return;
  }
  await copy(handle, response, { start, end });
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
