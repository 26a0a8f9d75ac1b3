import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '#src/core/clock.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { recordDirectoryHeld } from './failures.ts';
import { LockFile, type FoundLock } from './lock-file.ts';
import { hasEnded, type LockOwner, ourselves, readOwner } from './lock-owner.ts';
import type { LockState } from './lock-state.ts';
import { settlesWithin } from '#src/core/settles.ts';

/** What a lock needs. */
export interface FolderLockDeps {
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  /** It is about to be ours; nobody of this process works in it yet. */
  readonly prepare: () => Promise<void>;
  /** It is ours. */
  readonly onTaken: () => void;
  /** It is no longer ours. */
  readonly onLost: () => void;
  /** How often it is looked at. */
  readonly everyMs?: number;
  /** An owner that cannot be looked at, on another machine, is gone when it has not renewed its lock for so long. */
  readonly staleMs?: number;
}

const usualEveryMs = 1_000;
const usualStaleMs = 20_000;
/** A disk that hangs must not keep the process from ending. */
const releasePatienceMs = 2_000;

/**
 * Who may write into a folder: one gateway at a time. Whoever has it renews its lock every second; others wait until it is given
 * back, its process is over, or it has not been renewed for long.
 */
export class FolderLock implements AsyncDisposable {
  readonly #deps: FolderLockDeps;
  readonly #file: LockFile;
  readonly #life = new Lifetime();
  #self: LockOwner | undefined;
  #state: LockState = 'none';
  #problem: string | undefined;
  #confirmedMs = 0;
  /** The lock of somebody else, and since when it has been as it is. */
  #seen: (FoundLock & { readonly sinceMs: number }) | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(deps: FolderLockDeps) {
    this.#deps = deps;
    this.#file = new LockFile(deps.root);
  }

  get state(): LockState {
    return this.#state;
  }

  get ours(): boolean {
    return this.#state === 'ours';
  }

  /** Why it is not ours. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Why nothing may be written into the folder now; undefined when it is ours. */
  get obstacle(): string | undefined {
    return this.ours ? undefined : (this.#problem ?? 'nobody has looked yet whose the folder is');
  }

  /** Throws `record-directory-held` unless it is ours. */
  mustBeOurs(): void {
    if (this.obstacle !== undefined) throw recordDirectoryHeld(this.obstacle);
  }

  /** Takes it if it can be had now, and goes on looking after it. */
  async begin(): Promise<void> {
    await this.#look();
    this.#work = this.#keepLooking();
  }

  /** Gives it back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.end();
    await settlesWithin(
      this.#work.then(() => this.#release()),
      releasePatienceMs,
    );
  }

  async #keepLooking(): Promise<void> {
    const { everyMs = usualEveryMs } = this.#deps;
    const { signal } = this.#life;
    for (;;) {
      // Called off by the end of all.
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      if (this.#life.ended) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    try {
      this.#self ??= await ourselves();
      await (this.#state === 'ours' ? this.#confirm(this.#self) : this.#tryToTake(this.#self));
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #tryToTake(self: LockOwner): Promise<void> {
    const text = textOf(self);
    if (await this.#file.create(text)) return this.#take();
    const found = await this.#file.read();
    if (!found) return;
    const owner = readOwner(found.text);
    const ended = (owner && (await hasEnded(owner, self))) ?? this.#isStale(found);
    if (ended && (await this.#file.remove(found.text, self.token)) && (await this.#file.create(text)))
      return this.#take();
    this.#belongsTo(owner);
  }

  async #take(): Promise<void> {
    const { clock, log, root, prepare, onTaken } = this.#deps;
    await prepare();
    if (this.#problem !== undefined) log.info({ root }, 'the folder of the recordings is ours now');
    this.#state = 'ours';
    this.#problem = undefined;
    this.#seen = undefined;
    this.#confirmedMs = clock.nowMs();
    onTaken();
  }

  async #confirm(self: LockOwner): Promise<void> {
    const text = textOf(self);
    const found = await this.#file.read();
    // Moved away, with the whole folder or alone: it is still ours unless somebody else is there.
    if (found ? found.text !== text : !(await this.#file.create(text))) {
      this.#lose();
      this.#belongsTo(readOwner(found?.text ?? ''));
      return;
    }
    await this.#file.renew();
    this.#confirmedMs = this.#deps.clock.nowMs();
  }

  #isStale(found: FoundLock): boolean {
    const { clock, staleMs = usualStaleMs } = this.#deps;
    const nowMs = clock.nowMs();
    // By our own clock: the clocks of machines differ.
    if (this.#seen?.text !== found.text || this.#seen.mtimeMs !== found.mtimeMs)
      this.#seen = { ...found, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs > staleMs;
  }

  #belongsTo(owner: LockOwner | undefined): void {
    const { log, root } = this.#deps;
    const by = owner
      ? `another gateway (process ${owner.pid} on ${owner.host}, since ${owner.startedAt})`
      : 'somebody who does not say who it is';
    const problem = `record.directory ${root} is in use by ${by}; nothing is written there until that one has ended`;
    if (this.#problem !== problem)
      log.warn({ code: 'record-directory-held', problem }, 'the folder of the recordings cannot be used');
    this.#state = 'theirs';
    this.#problem = problem;
  }

  #failed(problem: string): void {
    const { clock, log, staleMs = usualStaleMs } = this.#deps;
    // Well before others take it for abandoned.
    if (this.#state === 'ours' && clock.nowMs() - this.#confirmedMs < staleMs / 2) return;
    if (this.#state === 'ours') this.#lose();
    if (this.#problem === undefined || this.#state === 'theirs')
      log.warn({ problem }, 'the folder of the recordings cannot be written to');
    this.#state = 'none';
    this.#problem = problem;
  }

  #lose(): void {
    this.#deps.log.warn({ root: this.#deps.root }, 'the folder of the recordings is no longer ours');
    this.#state = 'none';
    this.#deps.onLost();
  }

  async #release(): Promise<void> {
    if (this.#state !== 'ours' || !this.#self) return;
    this.#state = 'none';
    try {
      await this.#file.remove(textOf(this.#self), this.#self.token);
    } catch (error) {
      // The next one sees that our process is over.
      this.#deps.log.warn({ problem: String(error) }, 'the lock of the recordings cannot be removed');
    }
  }
}

function textOf(owner: LockOwner): string {
  return `${JSON.stringify(owner)}\n`;
}
