import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { RecordingStatus } from '#src/core/record.ts';
import type { Catalog, CatalogEntry } from '#src/record/catalog.ts';
import {
  downloadName,
  isMediaName,
  journalName,
  posterName,
  recordingKey,
  spriteName,
  storyboardName,
  uploadedName,
} from '#src/record/names.ts';
import { playlistsOf } from '#src/record/vod.ts';
import type { S3Store } from './store.ts';

/** What uploading needs. */
export interface UploaderDeps {
  readonly store: S3Store;
  readonly catalog: Catalog;
  readonly log: Log;
  /** Media goes from this disk once the store has it. */
  readonly deleteLocal: boolean;
  /** First pause after a failure; doubles up to 64 times as much. */
  readonly retryMs: number;
}

const longestRetryFactor = 64;
const linkValidS = 3_600;

/** A recording that waits for its upload. */
interface Waiting {
  readonly stream: StreamId;
  readonly id: string;
  failures: number;
  /** Not tried before. */
  notBeforeMs: number;
}

/**
 * Uploads complete recordings, one at a time and again until it works; one that the store refuses lets the others pass. What is
 * uploaded is marked in the folder of the recording, so that after a restart the rest goes on. The queue holds names alone, and
 * never more than there are recordings.
 */
export class Uploader implements AsyncDisposable {
  readonly totals = { uploaded: 0, uploadErrors: 0 };
  readonly #deps: UploaderDeps;
  readonly #life = new Lifetime();
  readonly #queue = new Map<string, Waiting>();
  #uploading: string | undefined;
  /** One after the other, of whichever recordings: then it is the store that fails. */
  #failures = 0;
  #notBeforeMs = 0;
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: UploaderDeps) {
    this.#deps = deps;
  }

  /** Recordings that wait, the one that goes up now included. */
  get queued(): number {
    return this.#queue.size;
  }

  add({ stream, id, files }: CatalogEntry): void {
    const key = recordingKey(stream, id);
    if (files.has(uploadedName) || this.#queue.has(key) || this.#life.ended) return;
    this.#queue.set(key, { stream, id, failures: 0, notBeforeMs: 0 });
    this.#wake.abort();
    this.#start();
  }

  /** The folder is somebody else's now. */
  clear(): void {
    this.#queue.clear();
    this.#wake.abort();
  }

  status({ stream, id, files }: CatalogEntry): RecordingStatus['upload'] {
    if (files.has(uploadedName)) return 'done';
    const key = recordingKey(stream, id);
    if ((this.#queue.get(key)?.failures ?? 0) > 0) return 'failed';
    return key === this.#uploading ? 'uploading' : 'waiting';
  }

  /** A link to a file that is only in the store; undefined for recordings whose media is here. */
  linkTo({ stream, id, files }: CatalogEntry, name: string): string | undefined {
    if (!files.has(uploadedName) || files.has(name) || !isMediaName(name)) return undefined;
    return this.#deps.store.readableUrl(`${stream}/${id}/${name}`, linkValidS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.end();
    await this.#running;
  }

  #start(): void {
    if (this.#running || this.#queue.size === 0 || this.#life.ended) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // Added in the very moment of the end.
      this.#start();
    });
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next && !this.#life.ended; next = this.#next()) {
      const pauseMs = Math.max(next.notBeforeMs, this.#notBeforeMs) - performance.now();
      if (pauseMs > 0) {
        await this.#pause(pauseMs);
        continue;
      }
      const key = recordingKey(next.stream, next.id);
      this.#uploading = key;
      try {
        await this.#upload(next.stream, next.id);
        this.#failures = 0;
        this.#queue.delete(key);
      } catch (error) {
        this.#failed(next, error);
      }
      this.#uploading = undefined;
    }
  }

  /** The one that may be tried soonest; of several, the one that came first. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const one of this.#queue.values()) if (!best || one.notBeforeMs < best.notBeforeMs) best = one;
    return best;
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = new AbortController();
    const signal = AbortSignal.any([this.#life.signal, this.#wake.signal]);
    // Called off by the end of all, and by another recording.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  #failed(one: Waiting, error: unknown): void {
    if (this.#life.ended) return;
    const { retryMs, log } = this.#deps;
    const pauseOf = (failures: number): number => retryMs * Math.min(longestRetryFactor, 2 ** failures);
    const nowMs = performance.now();
    const pauseMs = pauseOf(one.failures);
    this.totals.uploadErrors += 1;
    one.notBeforeMs = nowMs + pauseMs;
    this.#notBeforeMs = nowMs + pauseOf(this.#failures);
    one.failures += 1;
    this.#failures += 1;
    const { stream: streamId, id } = one;
    const problem = error instanceof Error ? error.message : String(error);
    log.warn({ streamId, id, problem, pauseMs }, 'an upload failed and is tried again');
  }

  async #upload(stream: StreamId, id: string): Promise<void> {
    const { catalog, store, log, deleteLocal } = this.#deps;
    const { signal } = this.#life;
    const journal = await catalog.journal(stream, id);
    const entry = catalog.find(stream, id);
    // Removed meanwhile: then there is nothing to do.
    if (!journal || !entry || !(await catalog.isPlain(stream, id))) return;
    const folder = catalog.folder(stream, id);
    const media = [...entry.files].filter(isMediaName);
    const pictures = [posterName, storyboardName, spriteName].filter((name) => entry.files.has(name));
    for (const name of [...media, ...pictures])
      await store.putFile(`${stream}/${id}/${name}`, join(folder, name), signal);
    for (const [name, text] of playlistsOf(journal))
      await store.putBytes(`${stream}/${id}/${name}`, Buffer.from(text), signal);
    // Last: where the journal is, everything is.
    await store.putFile(`${stream}/${id}/${journalName}`, join(folder, journalName), signal);
    await writeFile(join(folder, uploadedName), `${JSON.stringify({ bytes: entry.bytes })}\n`, {
      mode: 0o600,
    });
    if (deleteLocal)
      for (const name of [...media, downloadName]) await rm(join(folder, name), { force: true });
    await catalog.refresh(stream, id);
    this.totals.uploaded += 1;
    log.info({ streamId: stream, id, files: media.length }, 'a recording was uploaded');
  }
}
