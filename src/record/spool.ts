import { readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '#src/core/log.ts';
import type { SegmentSpool } from '#src/core/record.ts';
import { isMissing } from './folder.ts';
import { makeFolder } from './make-folder.ts';

/** Segments that wait for a slow disk; beyond it they count as lost, and the live playlist is as short as without a spool. */
const maxPendingBytes = 64 * 1024 * 1024;
const namePattern = /^[a-z\d]+_e\d+_s\d+\.m4s$/;

/** What a spool needs. */
export interface SpoolDeps {
  /** Made when the first segment comes; this spool's alone, and removed with it. */
  readonly folder: string;
  readonly windowMs: number;
  readonly limitBytes: number;
  readonly log: Log;
  readonly onClosed?: () => void;
}

/** Segments of one stream and incarnation as files in one folder. */
export class DiskSpool implements SegmentSpool {
  readonly windowMs: number;
  readonly #deps: SpoolDeps;
  /** Segments on disk and their sizes. */
  readonly #kept = new Map<string, number>();
  readonly #pending = new Set<string>();
  #pendingBytes = 0;
  #bytes = 0;
  #work: Promise<void> = Promise.resolve();
  #made = false;
  #closed = false;
  #problem: string | undefined;

  constructor(deps: SpoolDeps) {
    this.#deps = deps;
    this.windowMs = deps.windowMs;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why segments are lost at present. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get full(): boolean {
    return this.#bytes > this.#deps.limitBytes;
  }

  put(name: string, chunks: readonly Uint8Array[]): void {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (this.#closed || !namePattern.test(name) || this.#pendingBytes + bytes > maxPendingBytes) return;
    this.#pending.add(name);
    this.#pendingBytes += bytes;
    this.#then(async () => {
      try {
        if (this.#pending.has(name) && !this.#closed) await this.#write(name, chunks, bytes);
      } finally {
        this.#pending.delete(name);
        this.#pendingBytes -= bytes;
      }
    });
  }

  state(name: string): 'kept' | 'pending' | 'lost' {
    if (this.#kept.has(name)) return 'kept';
    return this.#pending.has(name) ? 'pending' : 'lost';
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    if (!this.#kept.has(name)) return undefined;
    try {
      return await readFile(this.#path(name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  remove(name: string): void {
    this.#pending.delete(name);
    const bytes = this.#kept.get(name);
    if (bytes === undefined) return;
    this.#kept.delete(name);
    this.#bytes -= bytes;
    this.#then(() => this.#unlink(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#work;
    this.#kept.clear();
    this.#bytes = 0;
    this.#deps.onClosed?.();
    try {
      await rm(this.#deps.folder, { recursive: true, force: true });
    } catch (error) {
      // Where nothing could be written there is nothing to remove; the next start tries again.
      if (!isMissing(error))
        this.#deps.log.warn({ problem: String(error) }, 'a DVR window cannot be removed');
    }
  }

  async #write(name: string, chunks: readonly Uint8Array[], bytes: number): Promise<void> {
    if (!this.#made) await makeFolder(this.#deps.folder);
    this.#made = true;
    try {
      await writeFile(this.#path(name), chunks, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      await this.#unlink(name);
      throw error;
    }
    this.#problem = undefined;
    // Unwanted by now: it left the playlist while it was being written.
    if (!this.#pending.has(name)) return this.#unlink(name);
    this.#kept.set(name, bytes);
    this.#bytes += bytes;
  }

  async #unlink(name: string): Promise<void> {
    try {
      await unlink(this.#path(name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** One thing after the other. What fails makes the playlist shorter, and is said once. */
  #then(action: () => Promise<void>): void {
    this.#work = this.#work.then(action).catch((error: unknown) => {
      if (this.#problem === undefined)
        this.#deps.log.warn({ problem: String(error) }, 'the DVR window cannot be written');
      this.#problem = String(error);
      if (isMissing(error)) this.#made = false;
    });
  }

  #path(name: string): string {
    return join(this.#deps.folder, name);
  }
}
