import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaSegment } from '#src/core/record.ts';
import {
  type HeadLine,
  type InitLine,
  type Journal,
  type JournalLine,
  journalText,
  type SegmentLine,
} from './journal.ts';
import { makeFolder } from './make-folder.ts';
import { journalName, mediaName } from './names.ts';

/** A file that only grows, and knows how much of it counts. */
interface Growing {
  readonly handle: FileHandle;
  soundBytes: number;
}

interface Track extends Growing {
  readonly stretch: number;
}

const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

/**
 * Writes one recording: an MP4 file for each rendition and stretch (the media between two discontinuities), and the journal.
 * Media is written first, then the line that names it. One call at a time.
 */
export class RecordingWriter implements AsyncDisposable {
  readonly folder: string;
  readonly #head: HeadLine;
  readonly #inits: InitLine[] = [];
  readonly #segments: SegmentLine[] = [];
  readonly #tracks = new Map<string, Track>();
  readonly #log: Growing;
  /** Numbers of stretches, by encoder run and break. */
  readonly #stretches = new Map<string, number>();
  #breaks = 0;
  #mediaBytes = 0;
  #broken = false;

  private constructor(folder: string, head: HeadLine, log: Growing) {
    this.folder = folder;
    this.#head = head;
    this.#log = log;
  }

  /** Makes the folder and begins the journal; throws what the file system says. */
  static async open(root: string, head: HeadLine): Promise<RecordingWriter> {
    const folder = join(root, head.stream, head.id);
    await makeFolder(folder);
    const handle = await open(join(folder, journalName), flags, 0o600);
    const writer = new RecordingWriter(folder, head, { handle, soundBytes: 0 });
    try {
      await writer.#note(head);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return writer;
  }

  /** What can be played now. */
  get journal(): Journal {
    const soundBytes = this.#log.soundBytes;
    return { head: this.#head, inits: this.#inits, segments: this.#segments, end: undefined, soundBytes };
  }

  /** Everything written that counts. */
  get bytes(): number {
    return this.#mediaBytes + this.#log.soundBytes;
  }

  /** Adds a segment; throws what the file system says, and the recording is then as it was before. */
  async append(segment: MediaSegment): Promise<void> {
    if (this.#broken) await this.#repair();
    try {
      const { rendition, startMs, startWallMs, durationMs, independent, gap, chunks } = segment;
      const track = await this.#trackOf(segment);
      // Where nothing is said playlists name the silence at the front of the file.
      if (segment.kind === 'text' && chunks.length === 0) return;
      const offset = track.soundBytes;
      const bytes = await this.#grow(track, chunks);
      const { stretch } = track;
      const iFrameBytes = (independent && !gap && segment.iFrameBytes) || undefined;
      const times = { startMs, startWallMs, durationMs } as const;
      const entry = { ...times, independent, iFrameBytes, gap, offset, bytes } as const;
      const noted: SegmentLine = { t: 'segment', rendition, stretch, ...entry };
      await this.#note(noted);
      track.soundBytes += bytes;
      this.#mediaBytes += bytes;
      this.#segments.push(noted);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  /** Something is missing here: what follows stands behind a discontinuity. */
  breakOff(): void {
    this.#breaks += 1;
  }

  /** Ends the recording. */
  async end(reason: string, endedWallMs: number): Promise<void> {
    try {
      if (this.#broken) await this.#repair();
      await this.#note({ t: 'end', endedWallMs, reason });
      // The order of pages on disk is the kernel's: after this, a power cut changes nothing any more.
      await this.#log.handle.datasync();
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /** Lets go of the files without ending the recording, as a crash would. */
  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#tracks.values(), this.#log];
    this.#tracks.clear();
    await Promise.all(open.map(({ handle }) => handle.close()));
  }

  async #trackOf(segment: MediaSegment): Promise<Track> {
    const { rendition, run, map } = segment;
    const stretch = this.#stretchOf(run);
    const known = this.#tracks.get(rendition);
    if (known?.stretch === stretch) return known;
    const handle = await open(
      join(this.folder, mediaName(rendition, stretch)),
      flags & ~constants.O_EXCL,
      0o600,
    );
    const track: Track = { handle, stretch, soundBytes: 0 };
    try {
      // Left by an attempt that failed half-way.
      await handle.truncate(0);
      const bytes = await this.#grow(track, [map]);
      const { kind, text, sound, codecs, width, height, channels } = segment;
      const said = { ...(text && { text }), ...(sound && { sound }) };
      const facts = { kind, ...said, codecs, width, height, channels };
      const noted: InitLine = { t: 'init', rendition, stretch, ...facts, bytes };
      await this.#note(noted);
      track.soundBytes = bytes;
      this.#mediaBytes += bytes;
      this.#inits.push(noted);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#tracks.set(rendition, track);
    await known?.handle.close();
    return track;
  }

  #stretchOf(run: number): number {
    const key = `${run}.${this.#breaks}`;
    const known = this.#stretches.get(key);
    if (known !== undefined) return known;
    const stretch = this.#stretches.size + 1;
    this.#stretches.set(key, stretch);
    return stretch;
  }

  async #note(entry: JournalLine): Promise<void> {
    const text = Buffer.from(journalText(entry));
    await this.#grow(this.#log, [text]);
    this.#log.soundBytes += text.length;
  }

  /** Writes behind what counts; how much, and throws when less went in than should: the disk is full. */
  async #grow({ handle, soundBytes }: Growing, chunks: readonly Uint8Array[]): Promise<number> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes === 0) return 0;
    const { bytesWritten } = await handle.writev([...chunks], soundBytes);
    if (bytesWritten < bytes) {
      // The kernel tells why when it is asked for the next byte.
      const rest = Buffer.concat(chunks).subarray(bytesWritten);
      const more = await handle.write(rest, 0, rest.length, soundBytes + bytesWritten);
      if (more.bytesWritten < rest.length) throw new Error('the disk took only a part of a segment');
    }
    return bytes;
  }

  /** Cuts off what a failed write left behind; from here on a new stretch begins. */
  async #repair(): Promise<void> {
    for (const { handle, soundBytes } of [...this.#tracks.values(), this.#log])
      await handle.truncate(soundBytes);
    this.#broken = false;
  }
}
