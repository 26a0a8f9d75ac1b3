import type { SegmentSpool } from '#src/core/record.ts';
import type { StreamTiming } from './timing.ts';

/** A part that can be fetched. */
export interface Part {
  readonly name: string;
  readonly listedMs: number;
  readonly independent: boolean;
  /** Holds no media and cannot be fetched (GAP=YES): the picture in front of it stays. */
  readonly gap?: boolean;
  readonly bytes: Uint8Array;
  /** Up to the end of its first sample; undefined where nobody asks for that alone. */
  readonly firstSampleBytes?: number;
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
  /** Up to the end of its first sample. */
  readonly iFrameBytes?: number;
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
  iFrameBytes: number;
  bytes: number;
  /** Media time of the whole window when it was removed. */
  removedAtMs: number;
  /** Its bytes have left memory; the spool has them. */
  spooled: boolean;
}

/** Who else takes complete segments. */
export interface WindowSinks {
  /** Hears every segment once it is complete. */
  readonly onComplete?: ((segment: Segment) => void) | undefined;
  /** Holds what memory does not, so that the playlist can be longer. */
  readonly spool?: SegmentSpool | undefined;
}

const firstMsn = 1; // Players in the field take MSN 0 for "none yet" and then never ask for a blocking reload.

/** The sliding window of one rendition, and what has left the playlist but must stay fetchable for a while. */
export class MediaWindow {
  readonly #timing: StreamTiming;
  readonly #limitBytes: number;
  readonly #sinks: WindowSinks;
  /** Media that stays listed. */
  readonly #windowMs: number;
  readonly #listed: Entry[] = [];
  readonly #removed: Entry[] = [];
  readonly #parts = new Map<string, Part>();
  readonly #segments = new Map<string, Entry>();
  #nextMsn = firstMsn;
  #bytes = 0;
  /** Listed media whose bytes are in memory, and the index of the oldest such segment. */
  #heldMs = 0;
  #heldFrom = 0;
  #listedMs = 0;
  #totalMs = 0;
  #ended = false;
  #everyIndependent = true;

  constructor(timing: StreamTiming, limitBytes: number, sinks: WindowSinks = {}) {
    this.#timing = timing;
    this.#limitBytes = limitBytes;
    this.#sinks = sinks;
    this.#windowMs = Math.max(timing.windowMs, sinks.spool?.windowMs ?? 0);
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

  /** Media that stays listed, once there is as much. */
  get reachMs(): number {
    return this.#windowMs;
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

  /** Its first segment has this number: for a playlist that joins others which are under way. */
  startAt(msn: number): void {
    if (this.#segments.size > 0) throw new Error('segments have their numbers for ever');
    this.#nextMsn = msn;
  }

  begin(start: SegmentStart): void {
    this.completeOpen();
    const entry: Entry = {
      ...start,
      msn: this.#nextMsn++,
      parts: [],
      durationMs: 0,
      complete: false,
      iFrameBytes: 0,
      bytes: 0,
      removedAtMs: 0,
      spooled: false,
    };
    this.#everyIndependent &&= start.independent;
    this.#listed.push(entry);
    this.#segments.set(entry.name, entry);
  }

  /** Adds a part to the open segment, which now reaches to `endMs`. */
  addPart(part: Part, endMs: number): void {
    const open = this.#listed.at(-1);
    if (open?.complete !== false) throw new Error('a part needs an open segment');
    if (open.parts.length === 0) open.iFrameBytes = part.firstSampleBytes ?? 0;
    open.parts.push(part);
    if (part.gap !== true) this.#parts.set(part.name, part);
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
    if (open?.complete !== false) return;
    open.complete = true;
    this.#sinks.onComplete?.(open);
    if (!open.gap)
      this.#sinks.spool?.put(
        open.name,
        open.parts.map((part) => part.bytes),
      );
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
    return next === undefined || next.complete || next.parts.length > 0;
  }

  #grow(entry: Entry, durationMs: number, bytes: number): void {
    this.#listedMs += durationMs - entry.durationMs;
    this.#totalMs += durationMs - entry.durationMs;
    this.#heldMs += durationMs - entry.durationMs;
    entry.durationMs = durationMs;
    entry.bytes += bytes;
    this.#bytes += bytes;
  }

  /** The bytes of a segment that is no longer in memory; undefined when the spool has lost them. */
  fromSpool(name: string): Promise<Uint8Array | undefined> {
    return this.#sinks.spool?.read(name) ?? Promise.resolve(undefined);
  }

  #slide(): void {
    if (this.#sinks.spool) this.#moveOut(this.#sinks.spool);
    for (let oldest = this.#listed[0]; oldest && this.#mayLeave(oldest); oldest = this.#listed[0])
      this.#unlist(oldest);
    for (let oldest = this.#removed[0]; oldest && this.#mayGo(oldest); oldest = this.#removed[0]) {
      this.#removed.shift();
      if (!oldest.spooled) this.#bytes -= oldest.bytes;
      if (!oldest.gap) this.#sinks.spool?.remove(oldest.name);
      this.#segments.delete(oldest.name);
      for (const part of oldest.parts) this.#parts.delete(part.name);
    }
  }

  /** The oldest listed segment leaves the playlist. */
  #unlist(oldest: Entry): void {
    this.#listed.shift();
    this.#listedMs -= oldest.durationMs;
    if (this.#heldFrom > 0) this.#heldFrom -= 1;
    else this.#heldMs -= oldest.durationMs;
    oldest.removedAtMs = this.#totalMs;
    this.#removed.push(oldest);
  }

  /** Gives back the memory of what the spool holds and live players no longer want. */
  #moveOut(spool: SegmentSpool): void {
    for (let entry = this.#listed[this.#heldFrom]; entry?.complete; entry = this.#listed[this.#heldFrom]) {
      const remainsMs = this.#heldMs - entry.durationMs;
      const short = this.#bytes > this.#limitBytes && remainsMs >= 3 * this.#timing.targetDurationMs;
      if (remainsMs < this.#timing.windowMs && !short) return;
      const state = entry.gap ? 'kept' : spool.state(entry.name);
      if (state === 'pending' && this.#bytes <= this.#limitBytes) return;
      if (state !== 'kept') {
        // A playlist has no holes: with this one everything in front of it leaves.
        for (let oldest = this.#listed[0]; oldest && oldest.msn <= entry.msn; oldest = this.#listed[0])
          this.#unlist(oldest);
        continue;
      }
      this.#heldFrom += 1;
      this.#heldMs -= entry.durationMs;
      this.#bytes -= entry.bytes;
      entry.spooled = true;
      for (const part of entry.parts.splice(0)) this.#parts.delete(part.name);
    }
  }

  #mayLeave(oldest: Entry): boolean {
    if (!oldest.complete) return false;
    const remainsMs = this.#listedMs - oldest.durationMs;
    if (remainsMs >= this.#windowMs) return true;
    if (oldest.spooled) return this.#sinks.spool?.full === true;
    // Short of memory: fewer segments for everyone, but never fewer than a player needs.
    return this.#bytes > this.#limitBytes && remainsMs >= 3 * this.#timing.targetDurationMs;
  }

  /** Section 6.2.2: fetchable for its own duration plus that of the longest playlist that listed it. */
  #mayGo(oldest: Entry): boolean {
    if (oldest.spooled ? this.#sinks.spool?.full === true : this.#bytes > this.#limitBytes) return true;
    const sinceMs = this.#totalMs - oldest.removedAtMs;
    const listedForMs = oldest.spooled ? this.#windowMs : this.#timing.windowMs;
    return sinceMs > listedForMs + 2 * this.#timing.targetDurationMs;
  }
}
