import { statfs } from 'node:fs/promises';
import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { MediaSegment, SegmentListener } from '#src/core/record.ts';
import { Alignment } from './alignment.ts';
import type { RecordConfig } from './config.ts';
import { newRecordingId } from './names.ts';
import { RecordingWriter } from './writer.ts';

/** Totals over all streams. */
export interface RecordCounters {
  bytesWritten: number;
  segmentsWritten: number;
  segmentsLost: number;
  writeErrors: number;
}

/** What a recorder needs. */
export interface RecorderDeps {
  readonly stream: StreamId;
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: RecordCounters;
  readonly config: Pick<RecordConfig, 'minFreeBytes' | 'maxQueuedBytes'>;
  /** EXT-X-TARGETDURATION of the live playlists. */
  readonly targetDurationMs: number;
  /** Why nothing may be written into the folder now; undefined when it is ours. */
  readonly obstacle: () => string | undefined;
  /** A recording began; called before its first segment. */
  readonly onBegun: (id: string, recorder: StreamRecorder) => void;
  /** It ended, and is complete. */
  readonly onEnded: (id: string) => Promise<void>;
  /** The stream is over. */
  readonly onOver: () => void;
}

type Task = MediaSegment | 'hole' | 'end';

/** After a failed write the next segment that comes later than this is tried: they come every few seconds by themselves. */
const retryAfterMs = 1_000;
const freeSpaceCheckMs = 1_000;
/** Files of one recording stay few enough for every tool; a stream that runs longer goes on in another one. */
const maxRecordingMs = 12 * 3_600_000;
const maxRenditions = 16;

/**
 * Records one stream. Segments queue up in memory, bounded, while the disk is slow; what cannot be written is left out, and the
 * recording goes on behind a discontinuity as soon as it can. Nothing here can be felt by live viewers.
 */
export class StreamRecorder implements SegmentListener {
  readonly stream: StreamId;
  readonly #deps: RecorderDeps;
  readonly #alignment = new Alignment();
  /** The last complete segment of each rendition: where a recording begins that is asked for now. */
  readonly #newest = new Map<string, MediaSegment>();
  readonly #queue: Task[] = [];
  #queuedBytes = 0;
  #pumping: Promise<void> | undefined;
  #wanted = false;
  #over = false;
  #writer: RecordingWriter | undefined;
  #id: string | undefined;
  #begunMs = 0;
  #problem: string | undefined;
  #retryAtMs = 0;
  #spaceCheckAtMs = 0;

  constructor(deps: RecorderDeps) {
    this.stream = deps.stream;
    this.#deps = deps;
  }

  /** Segments are meant to be written. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Why nothing is written at present; undefined when all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get writer(): RecordingWriter | undefined {
    return this.#writer;
  }

  get id(): string | undefined {
    return this.#id;
  }

  /** The stream has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Begins with the segments that are complete now. */
  start(): void {
    if (this.#wanted || this.#over) return;
    this.#wanted = true;
    for (const segment of this.#newest.values()) this.#enqueue(segment);
  }

  /** Ends the recording; resolves when it is complete. */
  async stop(): Promise<void> {
    if (this.#wanted) this.#end();
    await this.settled();
  }

  segment(segment: MediaSegment): void {
    if (this.#newest.has(segment.rendition) || this.#newest.size < maxRenditions)
      this.#newest.set(segment.rendition, segment);
    if (this.#wanted) this.#enqueue(segment);
  }

  ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#newest.clear();
    if (this.#wanted) this.#end();
    void this.settled().then(() => this.#deps.onOver());
  }

  /** Somebody took the recording's folder away: what follows becomes another recording. */
  async abandon(): Promise<void> {
    const writer = this.#writer;
    this.#forget();
    await writer?.[Symbol.asyncDispose]();
  }

  /** Resolves when all that came so far was written or given up. */
  async settled(): Promise<void> {
    while (this.#pumping) await this.#pumping;
  }

  #enqueue(segment: MediaSegment): void {
    const bytes = sizeOf(segment);
    if (this.#queuedBytes + bytes > this.#deps.config.maxQueuedBytes) {
      this.#deps.counters.segmentsLost += 1;
      if (this.#queue.at(-1) !== 'hole') this.#queue.push('hole');
      return;
    }
    this.#queuedBytes += bytes;
    this.#queue.push(segment);
    this.#pump();
  }

  #end(): void {
    this.#wanted = false;
    this.#queue.push('end');
    this.#pump();
  }

  #pump(): void {
    this.#pumping ??= this.#run().finally(() => {
      this.#pumping = undefined;
    });
  }

  async #run(): Promise<void> {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (task === 'hole') this.#breakOff();
      else if (task === 'end') await this.#close('ended');
      else {
        this.#queuedBytes -= sizeOf(task);
        await this.#take(task);
      }
    }
  }

  async #take(segment: MediaSegment): Promise<void> {
    const { clock, counters, obstacle } = this.#deps;
    const obstructed = obstacle();
    if (obstructed !== undefined) {
      // Whoever owns the folder's lock has told the log.
      counters.segmentsLost += 1;
      this.#breakOff();
      this.#problem = obstructed;
      this.#retryAtMs = 0;
      return;
    }
    if (this.#problem !== undefined && clock.nowMs() < this.#retryAtMs) {
      counters.segmentsLost += 1;
      return;
    }
    if (this.#writer && segment.startWallMs - this.#begunMs > maxRecordingMs) await this.#close('long');
    const ready = this.#alignment.take(segment);
    for (const [index, one] of ready.entries()) {
      try {
        await this.#write(one);
      } catch (error) {
        counters.segmentsLost += ready.length - index;
        this.#fail(error);
        return;
      }
    }
  }

  async #write(segment: MediaSegment): Promise<void> {
    const { counters, log } = this.#deps;
    // Kept here: `abandon` may take it away meanwhile.
    const writer = this.#writer ?? (await this.#open(segment.startWallMs));
    await this.#checkSpace(writer.folder);
    const before = writer.bytes;
    await writer.append(segment);
    counters.bytesWritten += writer.bytes - before;
    counters.segmentsWritten += 1;
    if (this.#problem !== undefined) log.info({ id: this.#id }, 'recording goes on');
    this.#problem = undefined;
  }

  async #open(startedWallMs: number): Promise<RecordingWriter> {
    const { stream, root, targetDurationMs } = this.#deps;
    const id = newRecordingId(startedWallMs);
    const writer = await RecordingWriter.open(root, {
      ...{ t: 'recording', version: 1, stream, id, startedWallMs, targetDurationMs },
    });
    this.#writer = writer;
    this.#id = id;
    this.#begunMs = startedWallMs;
    this.#deps.onBegun(id, this);
    this.#deps.log.info({ id }, 'recording begins');
    return writer;
  }

  async #checkSpace(folder: string): Promise<void> {
    const { clock, config } = this.#deps;
    if (config.minFreeBytes === 0 || clock.nowMs() < this.#spaceCheckAtMs) return;
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    if (freeBytes < config.minFreeBytes)
      throw new Error(`the disk has ${freeBytes} bytes free; record.minFreeBytes is ${config.minFreeBytes}`);
    this.#spaceCheckAtMs = clock.nowMs() + freeSpaceCheckMs;
  }

  #fail(error: unknown): void {
    const { clock, counters, log } = this.#deps;
    const problem = error instanceof Error ? error.message : String(error);
    counters.writeErrors += 1;
    // Said once, not with every segment that is lost.
    if (this.#problem === undefined) {
      log.warn({ id: this.#id, problem }, 'recording stops until it can be written again');
    }
    this.#breakOff();
    this.#problem = problem;
    this.#retryAtMs = clock.nowMs() + retryAfterMs;
  }

  /** What follows stands behind a discontinuity, and all renditions begin anew together. */
  #breakOff(): void {
    this.#writer?.breakOff();
    this.#alignment.reset();
  }

  async #close(reason: string): Promise<void> {
    const [writer, id] = [this.#writer, this.#id];
    this.#problem = undefined;
    this.#forget();
    if (!writer || id === undefined) return;
    try {
      await writer.end(reason, this.#deps.clock.wallMs());
    } catch (error) {
      // What is there is complete all the same: it reads like after a crash.
      this.#deps.counters.writeErrors += 1;
      this.#deps.log.warn({ id, problem: String(error) }, 'the end of a recording cannot be written');
    }
    await this.#deps.onEnded(id);
  }

  #forget(): void {
    this.#alignment.reset();
    this.#writer = undefined;
    this.#id = undefined;
  }
}

function sizeOf({ chunks }: MediaSegment): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
