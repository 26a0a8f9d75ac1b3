import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { RecordConfig } from './config.ts';
import { isMissing } from './folder.ts';
import { DiskSpool } from './spool.ts';

/** Not the name of a stream: DVR windows of streams that are on the air. */
const spoolFolder = '.dvr';

/** The DVR windows on disk, one for each stream that is on the air. */
export class Spools {
  readonly #folder: string;
  readonly #config: Pick<RecordConfig, 'dvrMs' | 'dvrLimitBytes'>;
  readonly #log: Log;
  readonly #open = new Set<DiskSpool>();

  constructor(root: string, config: Pick<RecordConfig, 'dvrMs' | 'dvrLimitBytes'>, log: Log) {
    this.#folder = join(root, spoolFolder);
    this.#config = config;
    this.#log = log;
  }

  /** A window for a stream; undefined where the settings ask for none. */
  open(stream: StreamId, incarnation: string): DiskSpool | undefined {
    const { dvrMs: windowMs, dvrLimitBytes: limitBytes } = this.#config;
    if (windowMs === 0) return undefined;
    const folder = join(this.#folder, `${stream}.${incarnation}`);
    const log = this.#log.child({ streamId: stream });
    const onClosed = (): void => void this.#open.delete(spool);
    const spool = new DiskSpool({ folder, windowMs, limitBytes, log, onClosed });
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

  /** What a crash left of live streams is of no use to anybody. */
  async clear(): Promise<void> {
    if (this.#config.dvrMs === 0) return;
    try {
      await rm(this.#folder, { recursive: true, force: true });
    } catch (error) {
      if (!isMissing(error)) this.#log.warn({ problem: String(error) }, 'old DVR windows cannot be removed');
    }
  }
}
