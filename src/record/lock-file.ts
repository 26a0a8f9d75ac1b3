import { constants } from 'node:fs';
import { open, readFile, rename, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#src/core/error-code.ts';
import { isMissing } from './folder.ts';
import { makeFolder } from './make-folder.ts';

/** Not the name of a stream. */
const lockName = '.lock';
/** Whatever is longer was not written by us; what it says does not matter then. */
const maxLockBytes = 4096;
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW;

/** A lock file as it was found. */
export interface FoundLock {
  readonly text: string;
  /** Its time stamp; its owner renews it. */
  readonly mtimeMs: number;
}

/** The file that says who holds a folder. Each step is one that only one of several can take. */
export class LockFile {
  readonly #root: string;
  readonly #path: string;

  constructor(root: string) {
    this.#root = root;
    this.#path = join(root, lockName);
  }

  /** Makes the file; false when there is one. */
  async create(text: string): Promise<boolean> {
    await makeFolder(this.#root);
    let handle;
    try {
      handle = await open(this.#path, 'wx', 0o600);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
    try {
      await handle.writeFile(text);
      return true;
    } catch (error) {
      // Half a text would keep everybody out until it is old.
      await unlink(this.#path);
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Opened for each look: only so do network file systems ask their server (close-to-open consistency). */
  async read(): Promise<FoundLock | undefined> {
    let handle;
    try {
      handle = await open(this.#path, readFlags);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const { mtimeMs, size } = await handle.stat();
      return { text: size > maxLockBytes ? '' : await handle.readFile('utf8'), mtimeMs };
    } finally {
      await handle.close();
    }
  }

  /** Its owner is still there. */
  async renew(): Promise<void> {
    const now = new Date();
    await utimes(this.#path, now, now);
  }

  /** Removes the file if it still says this; false when it says something else by now, and then it stays. */
  async remove(text: string, by: string): Promise<boolean> {
    const aside = `${this.#path}.${by}`;
    try {
      // Others may have found the same lock to be a dead one: one of them gets it, and sees what it got.
      await rename(this.#path, aside);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    if ((await readFile(aside, 'utf8')) === text) {
      await unlink(aside);
      return true;
    }
    await rename(aside, this.#path);
    return false;
  }
}
