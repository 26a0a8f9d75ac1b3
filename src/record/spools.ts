import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import type { RecordConfig } from './config.ts';
import { FolderLock } from './folder-lock.ts';
import { isMissing, statsOf } from './folder.ts';
import { DiskSpool } from './spool.ts';

/** Not the name of a stream: DVR windows of streams that are on the air. */
const spoolFolder = '.dvr';

/** What the windows have in common. */
interface SpoolsDeps {
  readonly root: string;
  readonly config: Pick<RecordConfig, 'dvrMs' | 'dvrLimitBytes'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The disk is ours. */
  readonly mayWrite: () => boolean;
}

/** The DVR windows on disk, one for each stream that is on the air. */
export class Spools {
  readonly #folder: string;
  readonly #deps: SpoolsDeps;
  readonly #open = new Set<DiskSpool>();

  constructor(deps: SpoolsDeps) {
    this.#folder = join(deps.root, spoolFolder);
    this.#deps = deps;
  }

  /** A window for a stream; undefined where the settings ask for none. */
  open(stream: StreamId, incarnation: string): DiskSpool | undefined {
    const { clock, mayWrite } = this.#deps;
    const { dvrMs: windowMs, dvrLimitBytes: limitBytes } = this.#deps.config;
    if (windowMs === 0) return undefined;
    const folder = join(this.#folder, `${stream}.${incarnation}`);
    const log = this.#deps.log.child({ streamId: stream });
    const onClosed = (): void => void this.#open.delete(spool);
    const spool = new DiskSpool({ folder, windowMs, limitBytes, clock, log, mayWrite, onClosed });
    this.#open.add(spool);
    return spool;
  }

  /** What all of them hold. */
  get bytes(): number {
    return [...this.#open].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What is wrong with one of them. */
  get problem(): string | undefined {
    return [...this.#open].map((spool) => spool.problem).find((one) => one !== undefined);
  }

  /** The disk is somebody else's now. */
  abandon(): void {
    for (const spool of this.#open) spool.abandon();
  }

  /** Removes what a former process left, where nothing is kept any more; not what is somebody else's. */
  async tidy(): Promise<void> {
    const { root, clock, log } = this.#deps;
    try {
      if (!(await statsOf(this.#folder))) return;
      const hooks = { prepare: () => this.clear(), onTaken: () => undefined, onLost: () => undefined };
      // Somebody else's is no trouble here.
      await using lock = new FolderLock({ root, clock, log: silentLog, ...hooks });
      await lock.begin();
    } catch (error) {
      log.warn({ problem: String(error) }, 'old DVR windows cannot be removed');
    }
  }

  /** What a crash left of live streams is of no use to anybody. */
  async clear(): Promise<void> {
    try {
      await rm(this.#folder, { recursive: true, force: true });
    } catch (error) {
      if (!isMissing(error))
        this.#deps.log.warn({ problem: String(error) }, 'old DVR windows cannot be removed');
    }
  }
}
