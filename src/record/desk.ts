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
import { Jobs } from './jobs.ts';
import { LivePictures } from './live-pictures.ts';
import { recordingKey } from './names.ts';
import { OperatorChanges } from './operator-changes.ts';
import { StreamRecorder } from './recorder.ts';
import { outlived } from './retention.ts';
import { storeOf } from './s3/configured-store.ts';
import { Uploader } from './s3/uploader.ts';
import { Shelf } from './shelf.ts';
import { Spools } from './spools.ts';
import { activeStatus, catalogStatus } from './status.ts';
import { settlesWithin } from './wait.ts';

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
  readonly #catalog: Catalog;
  readonly #extras: Extras;
  readonly #shelf: Shelf;
  readonly #uploader: Uploader | undefined;
  /** Of streams on the air. */
  readonly #recorders = new Map<StreamId, StreamRecorder>();
  /** By key: what grows now. */
  readonly #active = new Map<string, StreamRecorder>();
  readonly #spools: Spools;
  readonly #counters = { bytesWritten: 0, segmentsWritten: 0, segmentsLost: 0, writeErrors: 0 };
  readonly #changes: OperatorChanges;
  #removedByRetention = 0;

  constructor(deps: RecordDeps, config: RecordConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#root = resolve(config.directory);
    this.#spools = new Spools(this.#root, config, deps.log);
    this.#catalog = new Catalog(this.#root, deps.log);
    const jobs = this.#life.own(new Jobs(maxJobs));
    this.#extras = new Extras({ ...deps, jobs, catalog: this.#catalog, config });
    this.pictures = new LivePictures({ ...deps, jobs });
    const store = storeOf(config);
    if (store) {
      const { s3DeleteLocal: deleteLocal, s3RetryMs: retryMs } = config;
      const parts = { store, catalog: this.#catalog, log: deps.log, deleteLocal, retryMs };
      this.#uploader = this.#life.own(new Uploader(parts));
    }
    const { log } = deps;
    const watched = { root: this.#root, catalog: this.#catalog, active: this.#active, log };
    this.#changes = this.#life.own(new OperatorChanges(watched));
    this.#shelf = new Shelf(this.#catalog, (key) => this.#active.get(key)?.writer?.journal);
  }

  async begin(): Promise<void> {
    const { enabled, sweepMs } = this.#config;
    await this.#spools.clear();
    if (!enabled) return;
    await this.#follow();
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

  get report(): RecordReport {
    const recorders = [...this.#recorders.values()];
    const problems = [this.#changes.problem, ...recorders.map((one) => one.problem)];
    return {
      enabled: this.#config.enabled,
      recordings: [...this.#catalog.entries].length + this.#active.size,
      active: this.#active.size,
      paused: recorders.filter((one) => one.problem !== undefined).length,
      bytes: this.#kept().reduce((sum, { bytes }) => sum + bytes, 0),
      ...this.#counters,
      removedByRetention: this.#removedByRetention,
      ...(this.#uploader?.totals ?? { uploaded: 0, uploadErrors: 0 }),
      uploadQueue: this.#uploader?.queued ?? 0,
      spoolBytes: this.#spools.bytes,
      problem: [...problems, this.#spools.problem].find((one) => one !== undefined),
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
      for (const key of outlived(this.#kept(), this.#config, this.#deps.clock.wallMs())) {
        const entry = [...this.#catalog.entries].find(({ stream, id }) => recordingKey(stream, id) === key);
        if (!entry) continue;
        this.#extras.forget(entry.stream, entry.id);
        await this.#catalog.remove(entry.stream, entry.id);
        this.#removedByRetention += 1;
        this.#deps.log.info({ streamId: entry.stream, id: entry.id }, 'a recording outlived its limits');
      }
      await this.#extras.trim();
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

  #kept(): Parameters<typeof outlived>[0] {
    const growing = [...this.#active].map(([key, recorder]) => ({
      key,
      startedWallMs: recorder.writer?.journal.head.startedWallMs ?? Infinity,
      endedWallMs: undefined,
      bytes: recorder.writer?.bytes ?? 0,
    }));
    const complete = [...this.#catalog.entries]
      .map((entry) => ({ ...entry, key: recordingKey(entry.stream, entry.id) }))
      .filter(({ key }) => !this.#active.has(key));
    return [...growing, ...complete];
  }

  async #ended(stream: StreamId, id: string): Promise<void> {
    const entry = await this.#catalog.refresh(stream, id);
    this.#active.delete(recordingKey(stream, id));
    this.#deps.log.info({ streamId: stream, id, durationMs: entry?.durationMs }, 'recording is complete');
    if (entry) void this.#finish(entry);
    await this.sweep();
  }

  /** What is done with a complete recording when there is time. */
  async #finish(entry: CatalogEntry): Promise<void> {
    await this.#extras.illustrate(entry);
    const pictured = this.#catalog.find(entry.stream, entry.id);
    if (pictured) this.#uploader?.add(pictured);
  }

  #statusOf(entry: CatalogEntry): RecordingStatus {
    const upload = this.#uploader?.status(entry) ?? 'off';
    return catalogStatus(entry, { download: this.#extras.download(entry), upload });
  }

  /** Takes in what lies in the folder, as soon as that can be read. */
  async #follow(): Promise<void> {
    if (!(await this.#changes.follow())) return;
    for (const entry of this.#catalog.entries) this.#uploader?.add(entry);
  }
}
