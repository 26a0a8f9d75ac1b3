import type { SegmentSpool } from '#src/core/record.ts';
import type { HlsConfig } from './config.ts';
import type { DateRangeView } from './dateranges.ts';
import { Names } from './names.ts';
import { PlaylistTexts } from './playlist-texts.ts';
import { renderPlaylist, type Report, type Skip } from './playlist.ts';
import type { Run } from './run.ts';
import type { PlaylistBytes, Reporting, ServedRendition } from './served.ts';
import type { StreamTiming } from './timing.ts';
import { Waiters } from './waiters.ts';
import type { Part, Segment } from './media-segment.ts';
import { MediaWindow } from './window.ts';

/** What a media playlist needs from its stream. */
export interface ListingDeps {
  readonly id: string;
  /** Content-Type of its segments and parts. */
  readonly mediaType: string;
  readonly timing: StreamTiming;
  readonly config: HlsConfig;
  /** The other renditions, at this moment. */
  readonly reports: () => readonly Report[];
  /** What the playlists say of date ranges, at this moment. */
  readonly dateRanges: () => DateRangeView;
  /** Its playlist says something new. */
  readonly onChange: () => void;
  /** Init segments by name. */
  readonly init: (name: string) => Uint8Array | undefined;
  /** Hears every complete segment. */
  readonly onComplete?: ((segment: Segment) => void) | undefined;
  /** Holds what no longer fits into memory. */
  readonly spool?: SegmentSpool | undefined;
}

/** A part to be listed; its name is the one that was hinted at. */
export type NewPart = Omit<Part, 'name'>;

const nothing = new Uint8Array(0);
/** A free box that holds nothing (ISO/IEC 14496-12 section 8.1.2). */
const emptyBox = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65);

/** One media playlist: what is listed, under which names, and who waits for more of it. Cutting is done elsewhere. */
export class Listing implements ServedRendition, Reporting {
  readonly id: string;
  readonly mediaType: string;
  readonly window: MediaWindow;
  readonly waiters: Waiters;
  readonly #deps: ListingDeps;
  readonly #names: Names;
  readonly #texts = new PlaylistTexts((skip) => this.#write(skip));
  #parts = 0;
  /** Segments begun since the stream began, gaps left out. */
  #segments = 0;
  /** Run of the newest segment; 0 before the first. */
  #listedRun = 0;
  /** Run whose init segment its media needs; it may have nothing in the current one. */
  #mapRun = 0;
  /** Run of the newest media; 0 before the first. */
  #mediaRun = 0;
  /** Nothing more comes of this run. */
  #runOver = false;
  /** Hinted at when the last run ended. */
  #unkeptName: string | undefined;
  /** Lists gaps now: whoever waits for the hinted part learns that it will not come soon. */
  #silent = false;
  /** End of the media of this run. */
  #endMs: number | undefined;

  constructor(deps: ListingDeps) {
    this.id = deps.id;
    this.mediaType = deps.mediaType;
    this.#deps = deps;
    this.#names = new Names(deps.id);
    const { timing, config, onComplete, spool } = deps;
    this.window = new MediaWindow(timing, config.windowLimitBytes, { onComplete, spool });
    this.waiters = new Waiters(config.maxBlockedRequests);
  }

  get timing(): StreamTiming {
    return this.#deps.timing;
  }

  /** Run of its newest segment. */
  get listedRun(): number {
    return this.#listedRun;
  }

  /** Media time up to which this run is listed; undefined before its first part. */
  get endMs(): number | undefined {
    return this.#endMs;
  }

  /** Parts made since the stream began. */
  get parts(): number {
    return this.#parts;
  }

  /** Has a complete segment: players take a playlist of parts alone for an empty one and give up. */
  get playable(): boolean {
    return this.window.segments[0]?.complete === true;
  }

  /** File name of its media playlist. */
  get playlistName(): string {
    return this.#names.playlist;
  }

  /**
   * Name of the part that comes next; undefined after the end, while there are only gaps, and from the end of a run until the
   * first part of the next one is listed: a player that fetched that part early would decode it with the init segment that it has.
   */
  get hintName(): string | undefined {
    const unsure = this.#silent || this.#runOver || this.#mediaRun !== this.#mapRun;
    return this.window.ended || unsure ? undefined : this.#nextName;
  }

  /** Name of the segment after the newest one, if the run goes on; undefined after the end. */
  get nextSegmentName(): string | undefined {
    return this.window.ended ? undefined : this.#names.segment(this.#mapRun, this.#segments + 1);
  }

  init(name: string): Uint8Array | undefined {
    return this.#deps.init(name);
  }

  /** Where other renditions' playlists say it is. */
  report(): Report {
    const { msn, parts } = this.window.last;
    return { uri: this.playlistName, lastMsn: msn, lastPart: parts - 1 };
  }

  playlist(skip: Skip): PlaylistBytes {
    if (this.window.unlistLost()) this.changed();
    return this.#texts.get(skip);
  }

  /** Media of another run follows. */
  beginRun(run: Run): void {
    this.#mapRun = run.number;
    this.#silent = false;
    this.#runOver = false;
    this.#endMs = undefined;
  }

  /** What is added from here on to the run is its last; the part that was hinted at may not be among it. */
  endRun(): void {
    this.#unkeptName = this.hintName ?? this.#unkeptName;
    this.#runOver = true;
  }

  /** An empty box for the part that was hinted at when its run ended; undefined for any other, and where it came. */
  unkept(name: string): Uint8Array | undefined {
    return name === this.#unkeptName && this.window.part(name) === undefined ? emptyBox : undefined;
  }

  /** A segment begins; a hole in front of it is listed as such. */
  openSegment(run: Run, startMs: number, independent: boolean): void {
    const holeMs = startMs - (this.#endMs ?? startMs);
    this.window.completeOpen();
    if (holeMs > this.timing.partTargetMs) this.#addGaps(run, startMs - holeMs, startMs);
    this.window.begin(this.#startOf(run, startMs, { independent, gap: false }));
  }

  /**
   * Adds a part to the open segment, which now reaches to `endMs`, and behind it parts that are gaps of these durations. With
   * `last` the segment is complete: an answer that closes a segment but brings no part is taken for "nothing new" by players,
   * which then fall back to slow polling.
   */
  addPart(
    part: NewPart,
    endMs: number,
    { gapsMs, last }: { readonly gapsMs: readonly number[]; readonly last: boolean },
  ): void {
    this.#silent = false;
    this.#mediaRun = this.#mapRun;
    this.#addNamed(part, endMs);
    for (const listedMs of gapsMs)
      this.#addNamed({ listedMs, independent: false, gap: true, bytes: nothing }, endMs);
    this.#endMs = endMs;
    if (last) this.window.completeOpen();
    this.changed();
  }

  /** Nothing is added to the open segment any more. */
  completeSegment(): void {
    this.window.completeOpen();
    this.changed();
  }

  /** There is nothing for a stretch of a run: players must step over it (RFC 8216bis section 4.4.4.7). */
  listGap(run: Run, fromMs: number, toMs: number): void {
    this.window.completeOpen();
    this.#addGaps(run, fromMs, toMs);
    this.#silent = true;
    this.#endMs = toMs;
    this.changed();
  }

  /** The stream is over. */
  end(): void {
    this.window.end();
    this.changed();
  }

  /** The playlist has to be written anew. */
  changed(): void {
    this.#texts.clear();
    this.#deps.onChange();
    this.waiters.wake();
  }

  get #nextName(): string {
    return this.#names.part(this.#mapRun, this.#parts + 1);
  }

  #addNamed(part: NewPart, endMs: number): void {
    const name = this.#nextName;
    this.#parts += 1;
    this.window.addPart({ ...part, name }, endMs);
  }

  #write(skip: Skip): string {
    const { segments, ended, everyIndependent } = this.window;
    const { timing, reports, dateRanges } = this.#deps;
    const listed = { segments, ended, everyIndependent, hintName: this.hintName };
    return renderPlaylist({ timing, ...listed, dateRanges: dateRanges(), reports: reports() }, skip);
  }

  #addGaps(run: Run, fromMs: number, toMs: number): void {
    const longestMs = this.timing.targetDurationMs;
    for (let startMs = fromMs; startMs < toMs; startMs += longestMs) {
      const start = this.#startOf(run, startMs, { independent: true, gap: true });
      this.window.addGap(start, Math.min(longestMs, toMs - startMs));
    }
  }

  #startOf(
    run: Run,
    startMs: number,
    is: { readonly independent: boolean; readonly gap: boolean },
  ): Parameters<MediaWindow['begin']>[0] {
    const discontinuity = this.#listedRun !== 0 && this.#listedRun !== run.number;
    this.#listedRun = run.number;
    if (!is.gap) this.#segments += 1;
    return {
      name: is.gap
        ? this.#names.gap(run.number, this.window.last.msn + 1)
        : this.#names.segment(run.number, this.#segments),
      run: run.number,
      discontinuity,
      mapName: this.#names.map(this.#mapRun),
      startWallMs: run.startedWallMs + startMs - run.baseMediaTimeMs,
      startMs,
      ...is,
    };
  }
}
