import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#src/core/error-code.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { RecordedRendition } from '#src/core/record.ts';
import { isMissing, isPlainFolder, readFolder } from './folder.ts';
import type { LockState } from './lock-state.ts';
import type { Journal } from './journal.ts';
import { isRecordingId, recordingKey } from './names.ts';
import { discontinuitiesOf, durationOf, renditionsOf } from './vod.ts';

/** What is known of a complete recording without reading its journal. */
export interface CatalogEntry {
  readonly stream: StreamId;
  readonly id: string;
  readonly startedWallMs: number;
  readonly endedWallMs: number;
  readonly durationMs: number;
  readonly discontinuities: number;
  readonly renditions: readonly RecordedRendition[];
  /** Of all its files. */
  readonly bytes: number;
  readonly files: ReadonlySet<string>;
  readonly downloadBytes: number;
}

/** Journals that are kept for those who ask again: players do, for each rendition. */
const maxJournals = 16;

/** All complete recordings below one folder: `root/stream/id`. What grows now is not here yet. */
export class Catalog {
  readonly #root: string;
  readonly #log: Log;
  /** Whose the folder is. */
  readonly #lock: () => LockState;
  readonly #entries = new Map<string, CatalogEntry>();
  readonly #journals = new Map<string, Journal>();

  constructor(root: string, log: Log, lock: () => LockState) {
    this.#root = root;
    this.#log = log;
    this.#lock = lock;
  }

  get entries(): Iterable<CatalogEntry> {
    return this.#entries.values();
  }

  find(stream: StreamId, id: string): CatalogEntry | undefined {
    return this.#entries.get(recordingKey(stream, id));
  }

  folder(stream: StreamId, id: string): string {
    return join(this.#root, stream, id);
  }

  /** Whether the recording's folder is where it says, reached without links. */
  isPlain(stream: StreamId, id: string): Promise<boolean> {
    return isPlainFolder(this.#root, stream, id);
  }

  /** Looks at every folder there is, but for those that `skip` names. */
  async scan(skip: (key: string) => boolean): Promise<void> {
    for (const name of await foldersIn(this.#root)) {
      const stream = parseStreamId(name);
      if (stream === undefined) continue;
      for (const id of await foldersIn(join(this.#root, name)))
        if (isRecordingId(id) && !skip(recordingKey(stream, id))) await this.refresh(stream, id);
    }
  }

  /** Looks at one folder again: it may have come, gone or changed. */
  async refresh(stream: StreamId, id: string): Promise<CatalogEntry | undefined> {
    const key = recordingKey(stream, id);
    const found = await this.#read(stream, id);
    this.#journals.delete(key);
    if (found) this.#entries.set(key, found.entry);
    else this.#entries.delete(key);
    return found?.entry;
  }

  /** What a complete recording consists of; undefined when it is gone meanwhile. */
  async journal(stream: StreamId, id: string): Promise<Journal | undefined> {
    const key = recordingKey(stream, id);
    if (!this.#entries.has(key)) return undefined;
    const known = this.#journals.get(key);
    if (known) return known;
    const journal = (await this.#read(stream, id))?.journal;
    if (!journal) return undefined;
    this.#journals.set(key, journal);
    const [oldest] = this.#journals.keys();
    if (this.#journals.size > maxJournals && oldest !== undefined) this.#journals.delete(oldest);
    return journal;
  }

  /** Removes a recording with all its files, and the folder of its stream when nothing is left in it. */
  async remove(stream: StreamId, id: string): Promise<void> {
    const key = recordingKey(stream, id);
    this.#entries.delete(key);
    this.#journals.delete(key);
    if (!(await this.isPlain(stream, id))) return;
    await rm(this.folder(stream, id), { recursive: true, force: true });
    try {
      await rmdir(join(this.#root, stream));
    } catch (error) {
      if (!isMissing(error) && !isNotEmpty(error)) throw error;
    }
  }

  async #read(
    stream: StreamId,
    id: string,
  ): Promise<{ readonly entry: CatalogEntry; readonly journal: Journal } | undefined> {
    try {
      if (!(await this.isPlain(stream, id))) return undefined;
      const content = await readFolder(this.folder(stream, id), this.#lock());
      if (content?.journal.head.stream !== stream || content.journal.head.id !== id) return undefined;
      const { journal, bytes, files, downloadBytes } = content;
      const entry = {
        ...{ stream, id, bytes, files, downloadBytes },
        startedWallMs: journal.head.startedWallMs,
        endedWallMs: journal.end?.endedWallMs ?? journal.head.startedWallMs,
        durationMs: durationOf(journal),
        discontinuities: discontinuitiesOf(journal),
        renditions: recordedRenditions(journal),
      };
      return { entry, journal };
    } catch (error) {
      // One that cannot be read must not hide the others.
      this.#log.warn({ streamId: stream, id, problem: String(error) }, 'a recording cannot be read');
      return undefined;
    }
  }
}

/** The renditions as operators see them. */
export function recordedRenditions(journal: Journal): readonly RecordedRendition[] {
  return renditionsOf(journal).map(({ rendition, kind, text, codecs, width, height }) => {
    return { rendition, kind, ...(text && { text }), codecs, width, height };
  });
}

/** Names of the real folders in a folder; none when it is not there. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isNotEmpty(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
