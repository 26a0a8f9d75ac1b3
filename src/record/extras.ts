import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { RecordingStatus, VodAnswer, VodRequest } from '#src/core/record.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { RecordConfig } from './config.ts';
import { makeDownload } from './download.ts';
import {
  noSuchRecording,
  noSuchRecordingFile,
  recordingActive,
  recordingNotReady,
  recordingUnmakeable,
} from './failures.ts';
import { statsOf } from './folder.ts';
import type { Jobs } from './jobs.ts';
import { downloadName, isMediaName, posterName, recordingKey, spriteName, storyboardName } from './names.ts';
import { makePictures } from './pictures.ts';

/** What is made of complete recordings when somebody wants it. */
export interface ExtrasDeps {
  readonly catalog: Catalog;
  readonly log: Log;
  readonly ffmpegPath: string | undefined;
  /** Belongs to whoever made it. */
  readonly jobs: Jobs;
  readonly config: Pick<RecordConfig, 'thumbnails' | 'downloadWaitMs' | 'downloadCacheBytes'>;
  /** Throws where nothing may be written into the folder. */
  readonly mustBeOurs: () => void;
}

const typeOf: Readonly<Record<string, string>> = {
  [posterName]: 'image/jpeg',
  [spriteName]: 'image/jpeg',
  [storyboardName]: 'text/vtt; charset=utf-8',
};

interface Making {
  progress: number;
  readonly done: Promise<void>;
}

/** MP4 files for download, posters and storyboards: made by FFmpeg, one at a time, kept beside the recording. */
export class Extras {
  readonly #deps: ExtrasDeps;
  readonly #making = new Map<string, Making>();
  #toldProblem: string | undefined;

  constructor(deps: ExtrasDeps) {
    this.#deps = deps;
  }

  /** How far the MP4 of a recording is. */
  download(entry: CatalogEntry): RecordingStatus['download'] {
    const making = this.#making.get(recordingKey(entry.stream, entry.id));
    if (making) return { state: 'making', progress: making.progress };
    const ready = entry.downloadBytes > 0;
    return { state: ready ? 'ready' : 'none', progress: ready ? 1 : 0 };
  }

  /** Serves what is made afterwards; undefined for other names. */
  async open(
    { stream, id, name }: VodRequest,
    { active, signal }: { readonly active: boolean; readonly signal: AbortSignal },
  ): Promise<VodAnswer | undefined> {
    const { catalog } = this.#deps;
    const type = name === downloadName ? 'video/mp4' : typeOf[name];
    if (type === undefined) return undefined;
    if (active) throw name === downloadName ? recordingActive() : noSuchRecordingFile();
    const entry = catalog.find(stream, id);
    if (!entry) throw noSuchRecording();
    if (name === downloadName) await this.#needDownload(entry, signal);
    else if (!entry.files.has(name)) throw noSuchRecordingFile();
    if (!(await catalog.isPlain(stream, id))) throw noSuchRecording();
    const path = join(catalog.folder(stream, id), name);
    const saveAs = name === downloadName ? `${stream}-${id}.mp4` : undefined;
    return { is: 'file', file: { path, type, immutable: true, remade: true, saveAs, sizeBytes: undefined } };
  }

  /**
   * Makes poster and storyboard where they are not there, when their turn comes; resolves when they are there or cannot be made.
   * One at a time.
   */
  async illustrate(entry: CatalogEntry): Promise<void> {
    const { ffmpegPath, config, catalog, jobs, log } = this.#deps;
    if (ffmpegPath === undefined || !config.thumbnails) return;
    if (!entry.renditions.some(({ kind }) => kind === 'video')) return;
    if ([posterName, storyboardName].every((name) => entry.files.has(name))) return;
    // In the object store, and no longer here.
    if (![...entry.files].some(isMediaName)) return;
    const { stream, id } = entry;
    const work = async (signal: AbortSignal): Promise<void> => {
      const journal = await catalog.journal(stream, id);
      if (!journal) return;
      await makePictures({ folder: catalog.folder(stream, id), journal, ffmpegPath, signal });
      await catalog.refresh(stream, id);
    };
    try {
      await jobs.add(work, { patient: true });
    } catch (error) {
      // The next start makes them.
      if (jobs.ended) return;
      const problem = String(error);
      // Said once, where it is the same for all that wait; without FFmpeg for example.
      const tell = problem === this.#toldProblem ? log.debug : log.warn;
      tell.call(log, { streamId: stream, id, problem }, 'no pictures could be made of a recording');
      this.#toldProblem = problem;
    }
  }

  /** The recording is about to be removed. */
  forget(stream: StreamId, id: string): void {
    this.#making.delete(recordingKey(stream, id));
  }

  /** Keeps the MP4 files within their limit; those made longest ago go first. */
  async trim(): Promise<void> {
    const { catalog, config } = this.#deps;
    const made = [...catalog.entries].filter(({ downloadBytes }) => downloadBytes > 0);
    let bytes = made.reduce((sum, { downloadBytes }) => sum + downloadBytes, 0);
    if (bytes <= config.downloadCacheBytes) return;
    const dated = await Promise.all(
      made.map(async (entry) => {
        const path = join(catalog.folder(entry.stream, entry.id), downloadName);
        return { entry, path, atMs: (await statsOf(path))?.mtimeMs ?? 0 };
      }),
    );
    for (const { entry, path } of dated.toSorted((a, b) => a.atMs - b.atMs)) {
      if (bytes <= config.downloadCacheBytes) return;
      bytes -= entry.downloadBytes;
      await rm(path, { force: true });
      await catalog.refresh(entry.stream, entry.id);
    }
  }

  async #needDownload(entry: CatalogEntry, signal: AbortSignal): Promise<void> {
    const { catalog } = this.#deps;
    // Looked at: operators may delete it at any time.
    if (await statsOf(join(catalog.folder(entry.stream, entry.id), downloadName))) return;
    const making = this.#making.get(recordingKey(entry.stream, entry.id)) ?? this.#make(entry);
    const patience = new AbortController();
    const giveUp = AbortSignal.any([patience.signal, signal]);
    const { downloadWaitMs } = this.#deps.config;
    try {
      const late = sleep(downloadWaitMs, 'late', { signal: giveUp }).catch(() => 'late');
      const first = await Promise.race([making.done.then(() => 'done'), late]);
      if (first === 'late') throw recordingNotReady(making.progress);
    } finally {
      patience.abort();
    }
  }

  #make(entry: CatalogEntry): Making {
    const { catalog, ffmpegPath, log, mustBeOurs } = this.#deps;
    mustBeOurs();
    if (ffmpegPath === undefined) throw recordingUnmakeable('there is no FFmpeg');
    if (![...entry.files].some(isMediaName))
      throw recordingUnmakeable('its media is in the object store and no longer here');
    const { stream, id } = entry;
    const key = recordingKey(stream, id);
    const onProgress = (share: number): void => {
      making.progress = share;
    };
    const work = async (signal: AbortSignal): Promise<void> => {
      const journal = await catalog.journal(stream, id);
      if (!journal) throw noSuchRecording();
      const folder = catalog.folder(stream, id);
      await makeDownload({ folder, journal, ffmpegPath, signal, onProgress });
      await catalog.refresh(stream, id);
    };
    const done = this.#deps.jobs
      .add(work)
      .catch((error: unknown) => {
        log.warn({ streamId: stream, id, problem: String(error) }, 'the MP4 of a recording cannot be made');
        throw recordingUnmakeable(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (this.#making.get(key) === making) this.#making.delete(key);
      });
    const making: Making = { progress: 0, done };
    this.#making.set(key, making);
    // Who asked may have left meanwhile; it was logged.
    done.catch(() => undefined);
    return making;
  }
}
