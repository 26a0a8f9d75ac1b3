import { gzipSync } from 'node:zlib';
import type { TrackKind } from '#src/core/media.ts';
import type { SegmentListener, SegmentSpool } from '#src/core/record.ts';
import type { HlsConfig } from './config.ts';
import { writeFragment } from './fragment.ts';
import type { InitFacts } from './init.ts';
import { ListedDurations, PartCutter, type Cut } from './parts.ts';
import { renderPlaylist, type Report } from './playlist.ts';
import type { TimedSample, TrackInit } from './samples.ts';
import { FollowerBoundaries, leaderCuts } from './segments.ts';
import type { StreamTiming } from './timing.ts';
import { Waiters } from './waiters.ts';
import { MediaWindow, type Segment } from './window.ts';

/** One life of the encoder within a stream. */
export interface Run {
  /** Counts from 1; every rendition of the stream agrees on it. */
  readonly number: number;
  readonly startedWallMs: number;
  readonly baseMediaTimeMs: number;
}

/** What a rendition needs from its stream. */
export interface RenditionDeps {
  readonly id: string;
  readonly timing: StreamTiming;
  readonly config: HlsConfig;
  /** The other renditions, at this moment. */
  readonly reports: () => readonly Report[];
  /** It leads and began a segment at this media time. */
  readonly onCut: (startMs: number) => void;
  /** Hears every complete segment. */
  readonly listener?: SegmentListener | undefined;
  /** Holds what no longer fits into memory. */
  readonly spool?: SegmentSpool | undefined;
}

/** A playlist as it goes out; both forms are made once for all who ask. */
export interface PlaylistBytes {
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
}

/** Init segments of this many runs stay; more restarts do not fit into a window. */
const maxInits = 64;
/** Rounding of timescales lets neighbours overlap by this much. */
const toleranceMs = 20;

/** One media playlist: takes samples, cuts parts and segments, keeps the window and its text. */
export class Rendition {
  readonly id: string;
  readonly kind: TrackKind;
  readonly window: MediaWindow;
  readonly waiters: Waiters;
  readonly #deps: RenditionDeps;
  readonly #cutter: PartCutter;
  readonly #listed: ListedDurations;
  readonly #boundaries = new FollowerBoundaries();
  readonly #inits = new Map<string, Uint8Array>();
  readonly #texts = new Map<boolean, PlaylistBytes>();
  #facts: InitFacts;
  #run: Run;
  #leads = false;
  #parts = 0;
  /**
   * Name of the part that comes next, fixed once it is hinted at: when a run ends exactly at a part's end, the first part
   * of the next run carries it, so that what was promised always comes.
   */
  #nextName: string;
  #segmentDue = true;
  /** Run of the newest segment; 0 before the first. */
  #listedRun = 0;
  /** End of the media of this run. */
  #endMs: number | undefined;

  constructor(deps: RenditionDeps, run: Run, init: TrackInit) {
    this.id = deps.id;
    this.kind = init.facts.kind;
    this.#deps = deps;
    this.#run = run;
    this.#nextName = '';
    this.#facts = init.facts;
    this.window = new MediaWindow(deps.timing, deps.config.windowLimitBytes, {
      onComplete: deps.listener && ((segment) => this.#tell(segment, deps.listener)),
      spool: deps.spool,
    });
    this.waiters = new Waiters(deps.config.maxBlockedRequests);
    this.#cutter = new PartCutter(deps.timing.partTargetMs);
    this.#listed = new ListedDurations(deps.timing.partTargetMs);
  }

  get facts(): InitFacts {
    return this.#facts;
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
    return `${this.id}.m3u8`;
  }

  /** Name of the part that comes next; undefined after the end. */
  get hintName(): string | undefined {
    return this.window.ended ? undefined : this.#nextName;
  }

  /** Samples of another run follow. */
  begin(run: Run, init: TrackInit, leads: boolean): void {
    this.#run = run;
    this.#facts = init.facts;
    this.#leads = leads;
    if (this.#parts === 0) this.#nameNext(run.number);
    this.#segmentDue = true;
    this.#endMs = undefined;
    this.#boundaries.clear();
    this.#inits.set(this.#mapName(), init.bytes);
    const [oldest] = this.#inits.keys();
    if (this.#inits.size > maxInits && oldest !== undefined) this.#inits.delete(oldest);
  }

  push(sample: TimedSample): void {
    // Behind what is listed: its place was given up as a gap.
    if (this.#cutter.empty && sample.startMs < (this.#endMs ?? 0) - toleranceMs) return;
    const { timing } = this.#deps;
    const open = this.window.open;
    if (this.#leads && open && !this.#segmentDue) {
      if (leaderCuts(sample, open, { partStart: this.#cutter.empty, timing })) {
        this.#publish({ last: true });
        this.#segmentDue = true;
        this.#deps.onCut(sample.startMs);
      }
    }
    if (this.#cutter.endsBefore(sample)) this.#publish();
    this.#cutter.add(clip(sample, timing.segmentLimitMs));
    if (this.#cutter.full) this.#publish();
  }

  /** A segment begins with the next sample: the rung that leads has one beginning with the same picture. */
  cutHere(): void {
    if (!this.window.open || this.#segmentDue) return;
    this.#publish({ last: true });
    this.#segmentDue = true;
  }

  /** The leading rendition began a segment. */
  leaderCutAt(startMs: number): void {
    if (!this.#leads) this.#boundaries.leaderCutAt(startMs);
  }

  /** The run is over for this rendition: lists what is there; the part after that will belong to another run. */
  flush(nextRun: number): void {
    const { parts } = this;
    this.#publish({ last: true });
    if (this.parts > parts) this.#nameNext(nextRun);
    this.window.completeOpen();
    this.#segmentDue = true;
    this.#changed();
  }

  /** This rendition has nothing for a stretch of a run: players must step over it (RFC 8216bis section 4.4.4.7). */
  fillGap(run: Run, fromMs: number, toMs: number): void {
    if (this.#listedRun === 0) return;
    this.#publish({ last: true });
    this.window.completeOpen();
    this.#segmentDue = true;
    this.#addGaps(run, fromMs, toMs);
    this.#endMs = toMs;
    this.#changed();
  }

  /** The stream is over. */
  end(): void {
    this.window.end();
    this.#changed();
  }

  init(name: string): Uint8Array | undefined {
    return this.#inits.get(name);
  }

  /** Where other renditions' playlists say it is. */
  report(): Report {
    const { msn, parts } = this.window.last;
    return { uri: this.playlistName, lastMsn: msn, lastPart: parts - 1 };
  }

  /** The playlist as of the last change. */
  playlist(skip: boolean): PlaylistBytes {
    const known = this.#texts.get(skip);
    if (known) return known;
    const view = {
      timing: this.#deps.timing,
      segments: this.window.segments,
      ended: this.window.ended,
      everyIndependent: this.window.everyIndependent,
      hintName: this.hintName,
      reports: this.#deps.reports(),
    };
    const plain = Buffer.from(renderPlaylist(view, skip));
    const made = { plain, gzip: gzipSync(plain, { level: 6 }) };
    this.#texts.set(skip, made);
    return made;
  }

  #publish({ last = false } = {}): void {
    const cut = this.#cutter.take();
    if (!cut) return;
    const { timing } = this.#deps;
    const open = this.window.open;
    if (!this.#leads && open && this.#boundaries.cuts(cut, open, timing)) this.#segmentDue = true;
    if (this.#segmentDue || !open) this.#beginSegment(cut);
    this.#parts += 1;
    const part = {
      name: this.#nextName,
      listedMs: this.#listed.next(cut.endMs),
      independent: cut.independent,
      bytes: writeFragment(this.#parts, this.#facts.trackId, cut.samples),
    };
    this.#nameNext(this.#run.number);
    this.window.addPart(part, cut.endMs);
    this.#endMs = cut.endMs;
    // A segment is listed as complete together with a part: an answer that closes a segment but brings no part is taken
    // for "nothing new" by players, which then fall back to slow polling.
    if (last) this.window.completeOpen();
    this.#changed();
  }

  #beginSegment(cut: Cut): void {
    const { startMs } = cut;
    const holeMs = startMs - (this.#endMs ?? startMs);
    this.window.completeOpen();
    if (holeMs > this.#deps.timing.partTargetMs) this.#addGaps(this.#run, startMs - holeMs, startMs);
    const independent = cut.samples[0]?.independent === true;
    this.window.begin(this.#startOf(this.#run, startMs, { independent, gap: false }));
    this.#listed.begin(startMs);
    this.#segmentDue = false;
  }

  #addGaps(run: Run, fromMs: number, toMs: number): void {
    const longestMs = this.#deps.timing.targetDurationMs;
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
    return {
      name: `${this.id}_e${run.number}_s${this.window.last.msn + 1}.m4s`,
      run: run.number,
      discontinuity,
      mapName: this.#mapName(),
      startWallMs: run.startedWallMs + startMs - run.baseMediaTimeMs,
      startMs,
      ...is,
    };
  }

  #nameNext(run: number): void {
    this.#nextName = `${this.id}_e${run}_p${this.#parts + 1}.m4s`;
  }

  #tell(segment: Segment, listener: SegmentListener | undefined): void {
    const map = this.#inits.get(segment.mapName);
    if (!map || !listener) return;
    const { kind, codecs, width, height, channels } = this.#facts;
    const { msn, run, startMs, startWallMs, durationMs, independent, gap, parts } = segment;
    const chunks = parts.map((part) => part.bytes);
    const facts = { rendition: this.id, kind, codecs, width, height, channels, map };
    listener.segment({ ...facts, msn, run, startMs, startWallMs, durationMs, independent, gap, chunks });
  }

  #mapName(): string {
    return `${this.id}_e${this.#run.number}.mp4`;
  }

  #changed(): void {
    this.#texts.clear();
    this.waiters.wake();
  }
}

/** A frame that would be longer than any segment may be leaves a hole behind it instead. */
function clip(sample: TimedSample, limitMs: number): TimedSample {
  if (sample.durationMs <= limitMs) return sample;
  const durationTicks = Math.floor((sample.durationTicks * limitMs) / sample.durationMs);
  return { ...sample, durationTicks, durationMs: limitMs };
}
