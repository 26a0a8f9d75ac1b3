import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, realpath, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#src/core/error-code.ts';
import type { LockState } from './lock-state.ts';
import { type Journal, journalText, readJournal } from './journal.ts';
import { downloadName, isMediaName, journalName, mediaName, uploadedName } from './names.ts';

/** A recording as its folder has it. */
export interface FolderContent {
  readonly journal: Journal;
  /** Of all files. */
  readonly bytes: number;
  readonly files: ReadonlySet<string>;
  readonly downloadBytes: number;
}

/** A recording of 12 hours has 4 MB; whatever is larger is none. */
const maxJournalBytes = 64 * 1024 * 1024;

/**
 * Reads a recording that nobody of this process writes. Undefined when there is none, or when media that its journal names is
 * missing. What a crash left is made complete: cut behind the last whole segment, and ended. Where the folder is another
 * gateway's, what has no end still grows there, and is left alone; where it is nobody's, nothing is written.
 */
export async function readFolder(
  folder: string,
  lock: LockState = 'ours',
): Promise<FolderContent | undefined> {
  const text = await readPlain(join(folder, journalName));
  const written = text === undefined ? undefined : readJournal(text);
  if (!written || (lock === 'theirs' && !written.end)) return undefined;
  const sizes = await sizesIn(folder);
  const inStore = sizes.has(uploadedName);
  if (
    !inStore &&
    !written.inits.every((init) => (sizes.get(mediaName(init.rendition, init.stretch)) ?? 0) >= init.bytes)
  )
    return undefined;
  const sound = inStore
    ? written.segments
    : written.segments.filter(
        ({ rendition, stretch, offset, bytes }) =>
          (sizes.get(mediaName(rendition, stretch)) ?? 0) >= offset + bytes,
      );
  // Shorter than an ended recording says: somebody is still copying it, or it is damaged.
  if (written.end && sound.length < written.segments.length) return undefined;
  const journal = { ...written, segments: sound };
  return {
    journal: written.end ? journal : await recover(folder, journal, lock === 'ours' ? sizes : undefined),
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    files: new Set(sizes.keys()),
    downloadBytes: sizes.get(downloadName) ?? 0,
  };
}

/**
 * A crash ended it: whatever is not whole goes, and the journal gets its end. A read-only disk keeps it as it is; so does one on
 * which nothing may be written, and then there are no sizes.
 */
async function recover(
  folder: string,
  journal: Journal,
  sizes: ReadonlyMap<string, number> | undefined,
): Promise<Journal> {
  const last = journal.segments.at(-1);
  const endedWallMs = last ? last.startWallMs + last.durationMs : journal.head.startedWallMs;
  const end = { t: 'end', endedWallMs, reason: 'crash' } as const;
  const whole = { ...journal, end };
  if (!sizes) return whole;
  try {
    for (const [name, size] of sizes) {
      const soundBytes = soundLength(journal, name);
      if (soundBytes !== undefined && soundBytes < size) await truncate(join(folder, name), soundBytes);
    }
    // Anew, and put in place at once: after a power cut it may name media that never reached the disk.
    const lines = [journal.head, ...journal.inits, ...journal.segments, end];
    const anew = join(folder, `${journalName}.part`);
    await writeFile(anew, lines.map(journalText).join(''), { mode: 0o600 });
    await rename(anew, join(folder, journalName));
  } catch (error) {
    if (!isReadOnly(error)) throw error;
  }
  return whole;
}

/** How much of a media file the journal knows; undefined for other files. */
function soundLength({ inits, segments }: Journal, name: string): number | undefined {
  if (!isMediaName(name)) return undefined;
  let length: number | undefined;
  for (const { rendition, stretch, bytes } of inits)
    if (mediaName(rendition, stretch) === name) length = bytes;
  for (const { rendition, stretch, offset, bytes } of segments)
    if (mediaName(rendition, stretch) === name) length = Math.max(length ?? 0, offset + bytes);
  return length;
}

/** Plain files and their sizes; links and folders do not count. */
async function sizesIn(folder: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const stats = await statsOf(join(folder, entry.name));
    if (stats?.isFile() === true) sizes.set(entry.name, stats.size);
  }
  return sizes;
}

/** Stats of the path itself, not of what a link points at; undefined when there is nothing. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a folder is really there, without a link anywhere below `root`. */
export async function isPlainFolder(root: string, ...names: readonly string[]): Promise<boolean> {
  try {
    const folder = join(await realpath(root), ...names);
    return (await realpath(folder)) === folder;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The text of a plain file; undefined when there is none. Links are not followed. */
async function readPlain(path: string): Promise<string | undefined> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ELOOP') return undefined;
    throw error;
  }
  try {
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= maxJournalBytes ? await handle.readFile('utf8') : undefined;
  } finally {
    await handle.close();
  }
}

/** The file or folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function isReadOnly(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'ENOSPC';
}
