import { resolve } from 'node:path';
import type { Clock } from '#src/core/clock.ts';
import { globMatches } from '#src/core/glob.ts';
import type { StreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { PictureDesk } from '#src/core/pictures.ts';
import type {
  RecordingDesk,
  RecordingStatus,
  RecordReport,
  SegmentListener,
  SegmentSinks,
  SegmentSpool,
  VodAnswer,
  VodRequest,
} from '#src/core/record.ts';
import { Catalog, type CatalogEntry } from './catalog.ts';
import type { RecordConfig } from './config.ts';
import { notOnAir, notRecorded, noSuchRecording, recordingActive, recordingDisabled } from './failures.ts';
import { Extras } from './extras.ts';
import { Finisher } from './finisher.ts';
import { FolderLock } from './folder-lock.ts';
import { Jobs } from './jobs.ts';
import { LivePictures } from './live-pictures.ts';
import { recordingKey } from './names.ts';
import { OperatorChanges } from './operator-changes.ts';
import { StreamRecorder } from './recorder.ts';
import { storeOf } from './s3/configured-store.ts';
import { Uploader } from './s3/uploader.ts';
import { Shelf } from './shelf.ts';
import { Spools } from './spools.ts';
import { activeStatus, catalogStatus } from './status.ts';
import { Upkeep } from './upkeep.ts';
import { settlesWithin } from '#src/core/settles.ts';

/** What the room needs. */
export interface RecordDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** For MP4 files and pictures; undefined where there is no FFmpeg, and then there are none. */
  readonly ffmpegPath: string | undefined;
  /** EXT-X-TARGETDURATION of the live playlists. */
  readonly targetDurationMs: number;
}

/** The recordings of this node: takes segments from the packager, gives recordings to HTTP. */
export interface Recordings extends RecordingDesk, SegmentSinks {
  /** Small pictures of streams that are on the air. */
  readonly pictures: PictureDesk;
  /** Why something cannot be written now; undefined when all is well. */
  readonly problem: string | undefined;
  /** Applies age and size limits now. */
  sweep(): Promise<void>;
}

/** FFmpeg's work that may wait. */
const maxJobs = 64;
/** Whoever waits for the disk is answered after this all the same. */
const diskPatienceMs = 5_000;

/** Opens the room. What cannot be read or written now is tried again while it runs; it never fails. */
export async function openRecordings(deps: RecordDeps, config: RecordConfig): Promise<Recordings> {
  const desk = new Desk(deps, config);
  await desk.begin();
  return desk;
}

class Desk implements Recordings {
  readonly #life = new Lifetime();
  readonly closed = this.#life.closed;
  readonly pictures: PictureDesk;
  readonly #deps: RecordDeps;
  readonly #config: RecordConfig;
  readonly #root: string;
  readonly #lock: FolderLock;
  readonly #catalog: Catalog;
  readonly #extras: Extras;
  readonly #shelf: Shelf;
  readonly #uploader: Uploader | undefined;
  readonly #finisher: Finisher;
  readonly #upkeep: Upkeep;
  /** Of streams on the air. */
  readonly #recorders = new Map<StreamId, StreamRecorder>();
  /** By key: what grows now. */
  readonly #active = new Map<string, StreamRecorder>();
  readonly #spools: Spools;
  readonly #counters = { bytesWritten: 0, segmentsWritten: 0, segmentsLost: 0, writeErrors: 0 };
  readonly #changes: OperatorChanges;
  #begun = false;

  constructor(deps: RecordDeps, config: RecordConfig) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.#config = config;
    this.#root = resolve(config.directory);
    const root = this.#root;
    const active = this.#active;
    // Before all that works in the folder, so that it is given back after all of it has ended.
    const lock = this.#life.own(
      new FolderLock({
        ...{ root, clock, log },
        prepare: () => this.#spools.clear(),
        onTaken: () => this.#onTaken(),
        onLost: () => this.#abandon(),
      }),
    );
    this.#lock = lock;
    this.#spools = new Spools({ root, config, clock, log, mayWrite: () => lock.ours });
    const catalog = new Catalog(root, log, () => lock.state);
    this.#catalog = catalog;
    const jobs = this.#life.own(new Jobs(maxJobs));
    this.#extras = new Extras({ ...deps, jobs, catalog, config, mustBeOurs: () => lock.mustBeOurs() });
    this.pictures = new LivePictures({ ...deps, jobs });
    const store = storeOf(config);
    const { s3DeleteLocal: deleteLocal, s3RetryMs: retryMs } = config;
    this.#uploader = store && this.#life.own(new Uploader({ store, catalog, log, deleteLocal, retryMs }));
    const [extras, uploader] = [this.#extras, this.#uploader];
    this.#finisher = this.#life.own(new Finisher({ catalog, extras, uploader }));
    this.#upkeep = new Upkeep({ clock, log, config, catalog, extras, uploader, active });
    this.#changes = this.#life.own(new OperatorChanges({ root, catalog, active, log }));
    this.#shelf = new Shelf(catalog, (key) => active.get(key)?.writer?.journal);
  }

  async begin(): Promise<void> {
    const { enabled, dvrMs, sweepMs } = this.#config;
    if (!enabled && dvrMs === 0) {
      await this.#spools.tidy();
      return;
    }
    await this.#lock.begin();
    if (!enabled) return;
    await this.#follow();
    this.#begun = true;
    const timer = setInterval(() => void this.sweep(), sweepMs);
    this.#life.defer(() => clearInterval(timer));
    await this.sweep();
  }

  listener(stream: StreamId): SegmentListener | undefined {
    if (!this.#config.enabled || this.#life.ended) return undefined;
    const { clock, log, targetDurationMs } = this.#deps;
    const recorder = new StreamRecorder({
      ...{ stream, clock, targetDurationMs },
      root: this.#root,
      log: log.child({ streamId: stream }),
      counters: this.#counters,
      config: this.#config,
      obstacle: () => this.#lock.obstacle,
      onBegun: (id, by) => void this.#active.set(recordingKey(stream, id), by),
      onEnded: (id) => this.#ended(stream, id),
      onOver: () => {
        if (this.#recorders.get(stream) === recorder) this.#recorders.delete(stream);
      },
    });
    this.#recorders.set(stream, recorder);
    if (this.#config.streams.some((pattern) => globMatches(pattern, stream))) recorder.start();
    return recorder;
  }

  spool(stream: StreamId, incarnation: string): SegmentSpool | undefined {
    return this.#life.ended ? undefined : this.#spools.open(stream, incarnation);
  }

  get problem(): string | undefined {
    const recorders = [...this.#recorders.values()].map((one) => one.problem);
    const problems = [this.#lock.problem, this.#changes.problem, ...recorders, this.#spools.problem];
    return problems.find((one) => one !== undefined);
  }

  get report(): RecordReport {
    return {
      enabled: this.#config.enabled,
      recordings: [...this.#catalog.entries].length + this.#active.size,
      active: this.#active.size,
      paused: [...this.#recorders.values()].filter((one) => one.problem !== undefined).length,
      bytes: this.#upkeep.bytes,
      ...this.#counters,
      removedByRetention: this.#upkeep.removed,
      ...(this.#uploader?.totals ?? { uploaded: 0, uploadErrors: 0 }),
      uploadQueue: this.#uploader?.queued ?? 0,
      spoolBytes: this.#spools.bytes,
      problem: this.problem,
    };
  }

  list(stream?: StreamId): readonly RecordingStatus[] {
    const active = [...this.#active].flatMap(([key, recorder]) => activeStatus(key, recorder) ?? []);
    const complete = [...this.#catalog.entries]
      .filter(({ stream: of, id }) => !this.#active.has(recordingKey(of, id)))
      .map((entry) => this.#statusOf(entry));
    return [...active, ...complete]
      .filter((one) => stream === undefined || one.stream === stream)
      .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  }

  find(stream: StreamId, id: string): RecordingStatus | undefined {
    const key = recordingKey(stream, id);
    const recorder = this.#active.get(key);
    if (recorder) return activeStatus(key, recorder);
    const entry = this.#catalog.find(stream, id);
    return entry && this.#statusOf(entry);
  }

  async start(stream: StreamId): Promise<RecordingStatus | undefined> {
    if (!this.#config.enabled) throw recordingDisabled();
    const recorder = this.#recorders.get(stream);
    if (!recorder || recorder.over) throw notOnAir(stream);
    if (this.#lock.state === 'theirs') this.#lock.mustBeOurs();
    recorder.start();
    await settlesWithin(recorder.settled(), diskPatienceMs);
    return recorder.id === undefined ? undefined : this.find(stream, recorder.id);
  }

  async stop(stream: StreamId): Promise<RecordingStatus> {
    const recorder = this.#recorders.get(stream);
    if (recorder?.wanted !== true) throw notRecorded(stream);
    const { id } = recorder;
    await settlesWithin(recorder.stop(), diskPatienceMs);
    const status = id === undefined ? undefined : this.find(stream, id);
    if (!status) throw noSuchRecording();
    return status;
  }

  async remove(stream: StreamId, id: string): Promise<void> {
    if (this.#active.has(recordingKey(stream, id))) throw recordingActive();
    if (!this.#catalog.find(stream, id)) throw noSuchRecording();
    this.#lock.mustBeOurs();
    this.#extras.forget(stream, id);
    await this.#catalog.remove(stream, id);
    this.#deps.log.info({ streamId: stream, id }, 'a recording was removed');
  }

  async open(request: VodRequest, signal: AbortSignal): Promise<VodAnswer> {
    const { stream, id } = request;
    const active = this.#active.has(recordingKey(stream, id));
    const made = await this.#extras.open(request, { active, signal });
    if (made) return made;
    const entry = active ? undefined : this.#catalog.find(stream, id);
    const link = entry && this.#uploader?.linkTo(entry, request.name);
    return link === undefined ? this.#shelf.open(request, active) : { is: 'elsewhere', url: link };
  }

  async sweep(): Promise<void> {
    try {
      await this.#follow();
      if (this.#lock.ours) await this.#upkeep.sweep();
    } catch (error) {
      this.#deps.log.warn({ problem: String(error) }, 'old recordings cannot be removed');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = [...this.#recorders.values()].map((recorder) => recorder.stop());
    // What a disk that hangs does not take is cut at the next start, as after a crash.
    await settlesWithin(Promise.all(stops), diskPatienceMs);
    await this.#life.end();
  }

  #onTaken(): void {
    this.#changes.readAgain();
    if (this.#begun) void this.sweep();
  }

  /** The folder is somebody else's: what is open is closed, and left as it is. */
  #abandon(): void {
    this.#finisher.clear();
    this.#uploader?.clear();
    this.#spools.abandon();
    for (const [key, recorder] of this.#active) {
      this.#active.delete(key);
      recorder.abandon().catch((error: unknown) => {
        this.#deps.log.warn({ key, problem: String(error) }, 'its files cannot be closed');
      });
    }
  }

  async #ended(stream: StreamId, id: string): Promise<void> {
    const entry = await this.#catalog.refresh(stream, id);
    this.#active.delete(recordingKey(stream, id));
    this.#deps.log.info({ streamId: stream, id, durationMs: entry?.durationMs }, 'recording is complete');
    if (entry && this.#lock.ours) this.#finisher.add(entry);
    await this.sweep();
  }

  #statusOf(entry: CatalogEntry): RecordingStatus {
    const upload = this.#uploader?.status(entry) ?? 'off';
    return catalogStatus(entry, { download: this.#extras.download(entry), upload });
  }

  /** Takes in what lies in the folder, as soon as that can be read. */
  async #follow(): Promise<void> {
    if (!(await this.#changes.follow())) return;
    if (!this.#lock.ours) return;
    for (const entry of this.#catalog.entries) this.#finisher.add(entry);
  }
}
