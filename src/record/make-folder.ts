import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from './folder.ts';

/** Makes a folder and those above it; throws what the file system says, of a read-only disk that it is one. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Node calls a read-only disk a missing folder (ENOENT): the nearest one that is there knows better.
    if (isMissing(error)) await mustBeWritable(dirname(path));
    throw error;
  }
}

async function mustBeWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    if (!isMissing(error) || path === dirname(path)) throw error;
    await mustBeWritable(dirname(path));
  }
}
