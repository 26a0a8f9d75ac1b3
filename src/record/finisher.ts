import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '#src/core/ids.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { Extras } from './extras.ts';
import { recordingKey } from './names.ts';
import type { Uploader } from './s3/uploader.ts';

/** What finishing needs. */
interface FinisherDeps {
  readonly catalog: Pick<Catalog, 'find'>;
  readonly extras: Pick<Extras, 'illustrate'>;
  /** Belongs to whoever made it. */
  readonly uploader: Pick<Uploader, 'add'> | undefined;
}

/**
 * What is done with complete recordings when there is time, one after the other: pictures first, as the store shall have them
 * too, and then the upload. Also what a former process left undone. It holds names alone, never more than there are recordings.
 */
export class Finisher implements Disposable {
  readonly #deps: FinisherDeps;
  readonly #end = new AbortController();
  readonly #queue = new Map<string, Pick<CatalogEntry, 'stream' | 'id'>>();
  #running: Promise<void> | undefined;

  constructor(deps: FinisherDeps) {
    this.#deps = deps;
  }

  add({ stream, id }: CatalogEntry): void {
    if (this.#end.signal.aborted) return;
    this.#queue.set(recordingKey(stream, id), { stream, id });
    this.#start();
  }

  /** The folder is somebody else's now. */
  clear(): void {
    this.#queue.clear();
  }

  /** Begins nothing more. What it waits for ends with the jobs. */
  [Symbol.dispose](): void {
    this.#end.abort();
    this.#queue.clear();
  }

  #start(): void {
    if (this.#running || this.#queue.size === 0) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // Added in the very moment of the end.
      this.#start();
    });
  }

  async #run(): Promise<void> {
    for (const [key, { stream, id }] of this.#queue) {
      const begunMs = performance.now();
      await this.#finish(stream, id);
      this.#queue.delete(key);
      // As long as it took: others want FFmpeg too. Called off by the end of all.
      const { signal } = this.#end;
      await sleep(performance.now() - begunMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #finish(stream: StreamId, id: string): Promise<void> {
    const { catalog, extras, uploader } = this.#deps;
    const entry = catalog.find(stream, id);
    if (entry) await extras.illustrate(entry);
    const pictured = catalog.find(stream, id);
    if (pictured && this.#queue.has(recordingKey(stream, id))) uploader?.add(pictured);
  }
}
