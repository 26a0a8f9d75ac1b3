import { opendir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import type { SegmentSpool } from '#src/core/record.ts';
import { dvrUnreadable } from './failures.ts';
import { isMissing, statsOf } from './folder.ts';
import { makeFolder } from './make-folder.ts';

/** Segments that wait for a slow disk; beyond it they count as lost, and the live playlist is as short as without a spool. */
const maxPendingBytes = 64 * 1024 * 1024;
/** What is wrong is over when nothing failed for so long: a full disk still takes a small segment now and then. */
const quietMs = 30_000;
const namePattern = /^[a-z\d]+_e\d+_s\d+\.m4s$/;

/** What a spool needs. */
export interface SpoolDeps {
  /** Made when the first segment comes; this spool's alone, and removed with it. */
  readonly folder: string;
  readonly windowMs: number;
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The disk is ours; while it is not, nothing is taken. */
  readonly mayWrite: () => boolean;
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
  #problem: { readonly text: string; readonly atMs: number } | undefined;
  #losses = 0;
  #checking: Promise<void> | undefined;

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
    const { text, atMs = -Infinity } = this.#problem ?? {};
    return this.#deps.clock.nowMs() - atMs < quietMs ? text : undefined;
  }

  get losses(): number {
    return this.#losses;
  }

  get full(): boolean {
    return this.#bytes > this.#deps.limitBytes;
  }

  put(name: string, chunks: readonly Uint8Array[]): void {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (this.#closed || !this.#deps.mayWrite()) return;
    if (!namePattern.test(name) || this.#pendingBytes + bytes > maxPendingBytes) return;
    this.#pending.add(name);
    this.#pendingBytes += bytes;
    this.#then(async () => {
      try {
        if (this.#pending.has(name) && this.#open) await this.#write(name, chunks, bytes);
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
      if (!isMissing(error)) {
        this.#fail(error, 'the DVR window cannot be read');
        throw dvrUnreadable();
      }
      await this.#check();
      return undefined;
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

  /** The disk is somebody else's now: what is there is given up as it is. */
  abandon(): void {
    this.#pending.clear();
    this.#made = false;
    for (const name of [...this.#kept.keys()]) this.#lose(name);
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

  get #open(): boolean {
    return !this.#closed && this.#deps.mayWrite();
  }

  async #write(name: string, chunks: readonly Uint8Array[], bytes: number): Promise<void> {
    try {
      await this.#put(name, chunks);
    } catch (error) {
      if (!isMissing(error) || !this.#made) throw error;
      // The folder was taken away: what was in it is lost, and this goes into a new one.
      this.#made = false;
      await this.#put(name, chunks);
    }
    // Unwanted by now: it left the playlist while it was being written.
    if (!this.#pending.has(name)) return this.#unlink(name);
    this.#kept.set(name, bytes);
    this.#bytes += bytes;
    // Whoever tidies up takes the oldest, or all.
    const [oldest = name] = this.#kept.keys();
    if (!(await statsOf(this.#path(oldest)))) await this.#check();
  }

  async #put(name: string, chunks: readonly Uint8Array[]): Promise<void> {
    if (!this.#made) await makeFolder(this.#deps.folder);
    this.#made = true;
    try {
      await writeFile(this.#path(name), chunks, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      await this.#unlink(name);
      throw error;
    }
  }

  /** Finds out what is gone from the disk. */
  #check(): Promise<void> {
    this.#checking ??= this.#compare()
      .catch((error: unknown) => this.#fail(error, 'the DVR window cannot be read'))
      .finally(() => {
        this.#checking = undefined;
      });
    return this.#checking;
  }

  async #compare(): Promise<void> {
    const missing = new Set(this.#kept.keys());
    try {
      for await (const { name } of await opendir(this.#deps.folder, { bufferSize: 256 }))
        missing.delete(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const before = this.#losses;
    for (const name of missing) this.#lose(name);
    const segments = this.#losses - before;
    if (segments > 0) this.#deps.log.warn({ segments }, 'segments of a DVR window are gone from the disk');
  }

  #lose(name: string): void {
    const bytes = this.#kept.get(name);
    if (bytes === undefined) return;
    this.#kept.delete(name);
    this.#bytes -= bytes;
    this.#losses += 1;
  }

  async #unlink(name: string): Promise<void> {
    try {
      await unlink(this.#path(name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** One thing after the other. What fails makes the playlist shorter. */
  #then(action: () => Promise<void>): void {
    this.#work = this.#work.then(action).catch((error: unknown) => {
      this.#fail(error, 'the DVR window cannot be written');
      if (isMissing(error)) this.#made = false;
    });
  }

  /** Said once, until all was well for a while. */
  #fail(error: unknown, sentence: string): void {
    const text = String(error);
    if (this.problem === undefined) this.#deps.log.warn({ problem: text }, sentence);
    this.#problem = { text, atMs: this.#deps.clock.nowMs() };
  }

  #path(name: string): string {
    return join(this.#deps.folder, name);
  }
}
