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
  multivariantName,
  posterName,
  recordingKey,
  spriteName,
  storyboardName,
  uploadedName,
} from '#src/record/names.ts';
import { mediaPlaylistOf, multivariantOf, renditionsOf } from '#src/record/vod.ts';
import type { S3Store } from './store.ts';

/** What uploading needs. */
export interface UploaderDeps {
  readonly store: S3Store;
  readonly catalog: Catalog;
  readonly log: Log;
  /** Media goes from this disk once the store has it. */
  readonly deleteLocal: boolean;
  /** First pause after a failure; doubles up to sixty times as much. */
  readonly retryMs: number;
}

const longestRetryFactor = 64;
const linkValidS = 3_600;

/**
 * Uploads complete recordings, one at a time and again until it works. What is uploaded is marked in the folder of the recording,
 * so that after a restart the rest goes on. The queue holds names alone, and never more than there are recordings.
 */
export class Uploader implements AsyncDisposable {
  readonly totals = { uploaded: 0, uploadErrors: 0 };
  readonly #deps: UploaderDeps;
  readonly #life = new Lifetime();
  readonly #queue = new Map<string, { readonly stream: StreamId; readonly id: string }>();
  #uploading: string | undefined;
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(deps: UploaderDeps) {
    this.#deps = deps;
  }

  /** Recordings that wait, the one that goes up now included. */
  get queued(): number {
    return this.#queue.size;
  }

  add({ stream, id, files }: CatalogEntry): void {
    if (files.has(uploadedName) || this.#life.ended) return;
    this.#queue.set(recordingKey(stream, id), { stream, id });
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  status({ stream, id, files }: CatalogEntry): RecordingStatus['upload'] {
    if (files.has(uploadedName)) return 'done';
    const key = recordingKey(stream, id);
    if (key === this.#uploading) return this.#failures > 0 ? 'failed' : 'uploading';
    return 'waiting';
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

  async #run(): Promise<void> {
    for (let next = first(this.#queue); next && !this.#life.ended; next = first(this.#queue)) {
      const [key, { stream, id }] = next;
      this.#uploading = key;
      try {
        await this.#upload(stream, id);
        this.#failures = 0;
        this.#queue.delete(key);
      } catch (error) {
        await this.#failed(stream, id, error);
      }
      this.#uploading = undefined;
    }
  }

  async #failed(stream: StreamId, id: string, error: unknown): Promise<void> {
    if (this.#life.ended) return;
    this.totals.uploadErrors += 1;
    const problem = error instanceof Error ? error.message : String(error);
    const pauseMs = this.#deps.retryMs * Math.min(longestRetryFactor, 2 ** this.#failures);
    this.#failures += 1;
    this.#deps.log.warn({ streamId: stream, id, problem, pauseMs }, 'an upload failed and is tried again');
    // Called off by the end of all.
    await sleep(pauseMs, undefined, { signal: this.#life.signal }).catch(() => undefined);
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
    const playlists = [
      [multivariantName, multivariantOf(journal)],
      ...renditionsOf(journal).map(({ rendition }) => [
        `${rendition}.m3u8`,
        mediaPlaylistOf(journal, rendition),
      ]),
    ] as const;
    for (const [name, text] of playlists)
      if (name !== undefined && text !== undefined)
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

function first<K, V>(map: ReadonlyMap<K, V>): readonly [K, V] | undefined {
  return map.entries().next().value;
}
