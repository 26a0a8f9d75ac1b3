import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { Catalog } from './catalog.ts';
import { statsOf } from './folder.ts';
import { journalName, recordingKey } from './names.ts';
import type { StreamRecorder } from './recorder.ts';
import { watchRecordings } from './watch.ts';

interface OperatorChangesParts {
  readonly root: string;
  readonly catalog: Catalog;
  readonly log: Log;
  /** By key: what grows now. What is taken away while it grows leaves it. */
  readonly active: Map<string, Pick<StreamRecorder, 'abandon'>>;
}

/**
 * Keeps the catalogue true to the folder of the recordings, in which operators move, remove and put back what they like, also
 * while it grows.
 */
export class OperatorChanges implements AsyncDisposable {
  readonly #life = new Lifetime();
  readonly #parts: OperatorChangesParts;
  #watched = false;
  /** How often all of it was meant to be read, and has been. */
  #wanted = 1;
  #read = 0;
  #trying = false;
  #problem: string | undefined;

  constructor(parts: OperatorChangesParts) {
    this.#parts = parts;
  }

  /** Why the folder cannot be used. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** All of it has to be read once more: what could only be looked at before is ours now. */
  readAgain(): void {
    this.#wanted += 1;
  }

  /** Reads what is there and follows it from then on, unless it does already. True when the catalogue has just been filled. */
  async follow(): Promise<boolean> {
    if (this.#read === this.#wanted || this.#trying) return false;
    const { catalog, active } = this.#parts;
    this.#trying = true;
    try {
      if (!this.#watched) await this.#watch();
      while (this.#read < this.#wanted) {
        const reading = this.#wanted;
        await catalog.scan((key) => active.has(key));
        this.#read = reading;
      }
      this.#problem = undefined;
      return true;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      this.#trying = false;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  async #watch(): Promise<void> {
    const { root, log } = this.#parts;
    await mkdir(root, { recursive: true, mode: 0o700 });
    const look = (stream: StreamId, id: string): void => void this.#look(stream, id);
    this.#life.own(await watchRecordings(root, { changed: look, gone: look }, log));
    this.#watched = true;
  }

  /** Tells once, not at every attempt. */
  #fail(problem: string): void {
    if (this.#problem === undefined)
      this.#parts.log.warn({ problem }, 'the folder of the recordings cannot be used');
    this.#problem = problem;
  }

  /** Somebody worked in a recording's folder. */
  async #look(stream: StreamId, id: string): Promise<void> {
    const { catalog, active, log } = this.#parts;
    const key = recordingKey(stream, id);
    const recorder = active.get(key);
    if (!recorder) {
      await catalog.refresh(stream, id);
      return;
    }
    if (await this.#isThere(stream, id)) return;
    log.warn({ streamId: stream, id }, 'a recording was taken away while it grew');
    active.delete(key);
    try {
      await recorder.abandon();
    } catch (error) {
      log.warn({ streamId: stream, id, problem: String(error) }, 'its files cannot be closed');
    }
  }

  async #isThere(stream: StreamId, id: string): Promise<boolean> {
    const { catalog, log } = this.#parts;
    try {
      return (await statsOf(join(catalog.folder(stream, id), journalName))) !== undefined;
    } catch (error) {
      // The writer meets the same trouble, and tells.
      log.debug({ streamId: stream, id, problem: String(error) }, 'a folder cannot be looked at');
      return true;
    }
  }
}
