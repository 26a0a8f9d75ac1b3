import type { StreamTiming } from './timing.ts';

/** A part that can be fetched. */
export interface Part {
  readonly name: string;
  readonly listedMs: number;
  readonly independent: boolean;
  readonly bytes: Uint8Array;
}

/** A segment: its parts, and what its tags say once it is complete. */
export interface Segment {
  readonly msn: number;
  readonly name: string;
  /** Which life of the encoder it comes from; a change is a discontinuity. */
  readonly run: number;
  /** EXT-X-DISCONTINUITY stands in front of it. */
  readonly discontinuity: boolean;
  readonly mapName: string;
  readonly startWallMs: number;
  readonly startMs: number;
  readonly independent: boolean;
  /** Holds no media and cannot be fetched (EXT-X-GAP). */
  readonly gap: boolean;
  readonly parts: readonly Part[];
  readonly durationMs: number;
  readonly complete: boolean;
}

/** Where a blocking reload wants the playlist to be; without part: the whole segment. */
export interface Position {
  readonly msn: number;
  readonly part: number | undefined;
}

/** What a segment begins with. */
export type SegmentStart = Pick<
  Segment,
  'name' | 'run' | 'discontinuity' | 'mapName' | 'startWallMs' | 'startMs' | 'independent' | 'gap'
>;

interface Entry extends SegmentStart {
  readonly msn: number;
  readonly parts: Part[];
  durationMs: number;
  complete: boolean;
  bytes: number;
  /** Media time of the whole window when it was removed. */
  removedAtMs: number;
}

const firstMsn = 1; // Players in the field take MSN 0 for "none yet" and then never ask for a blocking reload.

/** The sliding window of one rendition, and what has left the playlist but must stay fetchable for a while. */
export class MediaWindow {
  readonly #timing: StreamTiming;
  readonly #limitBytes: number;
  readonly #listed: Entry[] = [];
  readonly #removed: Entry[] = [];
  readonly #parts = new Map<string, Part>();
  readonly #segments = new Map<string, Entry>();
  #nextMsn = firstMsn;
  #bytes = 0;
  #listedMs = 0;
  #totalMs = 0;
  #ended = false;
  #everyIndependent = true;

  constructor(timing: StreamTiming, limitBytes: number) {
    this.#timing = timing;
    this.#limitBytes = limitBytes;
  }

  /** Listed segments, oldest first; only the last may be incomplete. */
  get segments(): readonly Segment[] {
    return this.#listed;
  }

  get open(): Segment | undefined {
    const last = this.#listed.at(-1);
    return last?.complete === false ? last : undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes held for clients. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Every segment so far began with a keyframe; once false it stays false, as the claim was about all of them. */
  get everyIndependent(): boolean {
    return this.#everyIndependent;
  }

  /** MSN of the newest listed segment and its number of parts; the MSN before the first when there is none. */
  get last(): { readonly msn: number; readonly parts: number } {
    const last = this.#listed.at(-1);
    return last ? { msn: last.msn, parts: last.parts.length } : { msn: firstMsn - 1, parts: 0 };
  }

  begin(start: SegmentStart): void {
    this.completeOpen();
    const entry: Entry = {
      ...start,
      msn: this.#nextMsn++,
      parts: [],
      durationMs: 0,
      complete: false,
      bytes: 0,
      removedAtMs: 0,
    };
    this.#everyIndependent &&= start.independent;
    this.#listed.push(entry);
    this.#segments.set(entry.name, entry);
  }

  /** Adds a part to the open segment, which now reaches to `endMs`. */
  addPart(part: Part, endMs: number): void {
    const open = this.#listed.at(-1);
    if (open?.complete !== false) throw new Error('a part needs an open segment');
    open.parts.push(part);
    this.#parts.set(part.name, part);
    this.#grow(open, endMs - open.startMs, part.bytes.length);
    this.#slide();
  }

  /** Lists a complete segment that holds nothing. */
  addGap(start: SegmentStart, durationMs: number): void {
    this.begin(start);
    const entry = this.#listed.at(-1);
    if (entry) this.#grow(entry, durationMs, 0);
    this.completeOpen();
    this.#slide();
  }

  completeOpen(): void {
    const open = this.#listed.at(-1);
    if (open) open.complete = true;
  }

  /** Nothing will follow (EXT-X-ENDLIST). */
  end(): void {
    this.completeOpen();
    this.#ended = true;
  }

  /**
   * Whether the playlist has reached a position (RFC 8216bis section 6.2.5.2). A part index past the end of a complete
   * segment means the first part of the next one.
   */
  reached({ msn, part }: Position): boolean {
    if (this.#ended) return true;
    const last = this.#listed.at(-1);
    if (!last || msn > last.msn) return false;
    if (msn < last.msn) return part === undefined || this.#reachedOlder(msn, part);
    if (part === undefined) return last.complete;
    return part < last.parts.length || (last.gap && last.complete);
  }

  part(name: string): Part | undefined {
    return this.#parts.get(name);
  }

  /** A complete segment with media. */
  segment(name: string): Segment | undefined {
    const entry = this.#segments.get(name);
    return entry?.complete === true && !entry.gap ? entry : undefined;
  }

  /** Peak and average bitrate of the listed segments; the open one counts only while there is no other. */
  bitrates(): { readonly peakBps: number; readonly averageBps: number } {
    const media = this.#listed.filter((entry) => !entry.gap && entry.durationMs > 0);
    const complete = media.filter((entry) => entry.complete);
    const counted = complete.length > 0 ? complete : media;
    const sum = counted.reduce((total, entry) => total + entry.bytes, 0);
    const totalMs = counted.reduce((total, entry) => total + entry.durationMs, 0);
    const peak = Math.max(0, ...counted.map((entry) => entry.bytes / entry.durationMs));
    return {
      peakBps: Math.ceil(peak * 8_000),
      averageBps: totalMs > 0 ? Math.ceil((sum / totalMs) * 8_000) : 0,
    };
  }

  #reachedOlder(msn: number, part: number): boolean {
    const following = this.#listed.at(-1);
    const segment = this.#listed[this.#listed.length - 1 - ((following?.msn ?? msn) - msn)];
    if (!segment || part < segment.parts.length) return true;
    const next = this.#listed[this.#listed.indexOf(segment) + 1];
    return next === undefined || next.gap || next.parts.length > 0;
  }

  #grow(entry: Entry, durationMs: number, bytes: number): void {
    this.#listedMs += durationMs - entry.durationMs;
    this.#totalMs += durationMs - entry.durationMs;
    entry.durationMs = durationMs;
    entry.bytes += bytes;
    this.#bytes += bytes;
  }

  #slide(): void {
    for (let oldest = this.#listed[0]; oldest && this.#mayLeave(oldest); oldest = this.#listed[0]) {
      this.#listed.shift();
      this.#listedMs -= oldest.durationMs;
      oldest.removedAtMs = this.#totalMs;
      this.#removed.push(oldest);
    }
    for (let oldest = this.#removed[0]; oldest && this.#mayGo(oldest); oldest = this.#removed[0]) {
      this.#removed.shift();
      this.#bytes -= oldest.bytes;
      this.#segments.delete(oldest.name);
      for (const part of oldest.parts) this.#parts.delete(part.name);
    }
  }

  #mayLeave(oldest: Entry): boolean {
    if (!oldest.complete) return false;
    const remainsMs = this.#listedMs - oldest.durationMs;
    if (remainsMs >= this.#timing.windowMs) return true;
    // Short of memory: fewer segments for everyone, but never fewer than a player needs.
    return this.#bytes > this.#limitBytes && remainsMs >= 3 * this.#timing.targetDurationMs;
  }

  /** Section 6.2.2: fetchable for its own duration plus that of the longest playlist that listed it. */
  #mayGo(oldest: Entry): boolean {
    if (this.#bytes > this.#limitBytes) return true;
    const sinceMs = this.#totalMs - oldest.removedAtMs;
    return sinceMs > this.#timing.windowMs + 2 * this.#timing.targetDurationMs;
  }
}
