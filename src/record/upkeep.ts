import type { Clock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { RecordConfig } from './config.ts';
import type { Extras } from './extras.ts';
import { recordingKey } from './names.ts';
import type { StreamRecorder } from './recorder.ts';
import { type Kept, outlived } from './retention.ts';
import type { Uploader } from './s3/uploader.ts';

/** What upkeep looks at. */
interface UpkeepDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<RecordConfig, 'maxAgeMs' | 'maxTotalBytes' | 'maxRecordings'>;
  readonly catalog: Catalog;
  readonly extras: Pick<Extras, 'forget' | 'trim'>;
  readonly uploader: Pick<Uploader, 'status'> | undefined;
  /** By key: what grows now. */
  readonly active: ReadonlyMap<string, Pick<StreamRecorder, 'writer'>>;
}

/** Keeps the recordings within their limits. */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #removed = 0;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  /** Recordings that outlived their limits so far. */
  get removed(): number {
    return this.#removed;
  }

  /** Of all recordings, growing ones included. */
  get bytes(): number {
    return this.#kept().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Applies the limits now. */
  async sweep(): Promise<void> {
    const { catalog, extras, config, clock, log } = this.#deps;
    for (const key of outlived(this.#kept(), config, clock.wallMs())) {
      const entry = [...catalog.entries].find(({ stream, id }) => recordingKey(stream, id) === key);
      if (!entry) continue;
      extras.forget(entry.stream, entry.id);
      await catalog.remove(entry.stream, entry.id);
      this.#removed += 1;
      log.info({ streamId: entry.stream, id: entry.id }, 'a recording outlived its limits');
    }
    await extras.trim();
  }

  #kept(): readonly Kept[] {
    const { active, catalog } = this.#deps;
    const growing = [...active].map(([key, { writer }]) => ({
      key,
      startedWallMs: writer?.journal.head.startedWallMs ?? Infinity,
      endedWallMs: undefined,
      bytes: writer?.bytes ?? 0,
    }));
    const complete = [...catalog.entries]
      .map((entry) => ({
        key: recordingKey(entry.stream, entry.id),
        startedWallMs: entry.startedWallMs,
        endedWallMs: entry.endedWallMs,
        bytes: entry.bytes,
        awaited: this.#isAwaited(entry),
      }))
      .filter(({ key }) => !active.has(key));
    return [...growing, ...complete];
  }

  #isAwaited(entry: CatalogEntry): boolean {
    const { uploader } = this.#deps;
    return uploader !== undefined && uploader.status(entry) !== 'done';
  }
}
