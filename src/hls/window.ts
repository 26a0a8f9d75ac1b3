import type { SegmentSpool } from '#src/core/record.ts';
import { bitratesOf, type Bitrates } from '#src/core/bitrates.ts';
import { type HeldSegment, Holdings } from './holdings.ts';
import type { Part, Segment, SegmentStart } from './media-segment.ts';
import type { StreamTiming } from './timing.ts';

/** Where a blocking reload wants the playlist to be; without part: the whole segment. */
export interface Position {
  readonly msn: number;
  readonly part: number | undefined;
}

/** Who else takes complete segments. */
export interface WindowSinks {
  /** Hears every segment once it is complete. */
  readonly onComplete?: ((segment: Segment) => void) | undefined;
  /** Holds what memory does not, so that the playlist can be longer. */
  readonly spool?: SegmentSpool | undefined;
}

const firstMsn = 1; // Players in the field take MSN 0 for "none yet" and then never ask for a blocking reload.

/** The sliding window of one rendition: how far its playlist has come. What it holds, and for how long, is in its holdings. */
export class MediaWindow {
  readonly #holdings: Holdings;
  readonly #onComplete: WindowSinks['onComplete'];
  readonly #targetDurationMs: number;
  #nextMsn = firstMsn;
  #ended = false;
  #everyIndependent = true;

  constructor(timing: StreamTiming, limitBytes: number, { onComplete, spool }: WindowSinks = {}) {
    this.#holdings = new Holdings(timing, limitBytes, spool);
    this.#onComplete = onComplete;
    this.#targetDurationMs = timing.targetDurationMs;
  }

  /** Listed segments, oldest first; only the last may be incomplete. */
  get segments(): readonly Segment[] {
    return this.#holdings.listed;
  }

  get open(): Segment | undefined {
    return this.#open;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Media that stays listed, once there is as much. */
  get reachMs(): number {
    return this.#holdings.windowMs;
  }

  /** Bytes held for clients. */
  get bytes(): number {
    return this.#holdings.bytes;
  }

  /** Every segment so far began with a keyframe; once false it stays false, as the claim was about all of them. */
  get everyIndependent(): boolean {
    return this.#everyIndependent;
  }

  /** MSN of the newest listed segment and its number of parts; the MSN before the first when there is none. */
  get last(): { readonly msn: number; readonly parts: number } {
    const last = this.#newest;
    return last ? { msn: last.msn, parts: last.parts.length } : { msn: firstMsn - 1, parts: 0 };
  }

  /** Its first segment has this number: for a playlist that joins others which are under way. */
  startAt(msn: number): void {
    if (!this.#holdings.untouched) throw new Error('segments have their numbers for ever');
    this.#nextMsn = msn;
  }

  begin(start: SegmentStart): void {
    this.completeOpen();
    this.#holdings.list(start, this.#nextMsn++);
    this.#everyIndependent &&= start.independent;
  }

  /** Adds a part to the open segment, which now reaches to `endMs`. */
  addPart(part: Part, endMs: number): void {
    const open = this.#open;
    if (open === undefined) throw new Error('a part needs an open segment');
    this.#holdings.add(open, part, endMs);
  }

  /** Lists a complete segment that holds nothing. */
  addGap(start: SegmentStart, durationMs: number): void {
    this.begin(start);
    if (this.#open) this.#holdings.extend(this.#open, durationMs);
    this.completeOpen();
    this.#holdings.slide();
  }

  completeOpen(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#holdings.complete(open);
    this.#onComplete?.(open);
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
    const last = this.#newest;
    if (!last || msn > last.msn) return false;
    if (msn < last.msn) return part === undefined || this.#reachedOlder(msn, part);
    if (part === undefined) return last.complete;
    return part < last.parts.length || (last.gap && last.complete);
  }

  part(name: string): Part | undefined {
    return this.#holdings.part(name);
  }

  /** A complete segment with media. */
  segment(name: string): Segment | undefined {
    const entry = this.#holdings.segment(name);
    return entry?.complete === true && !entry.gap ? entry : undefined;
  }

  /** Of the listed segments; the open one counts only while there is no other. */
  bitrates(): Bitrates {
    const { listed } = this.#holdings;
    const complete = listed.filter((entry) => entry.complete);
    const isKnown = complete.some(({ gap, durationMs }) => !gap && durationMs > 0);
    return bitratesOf(isKnown ? complete : listed, this.#targetDurationMs);
  }

  /** Stops listing what the spool has lost. Whether there was any. */
  unlistLost(): boolean {
    return this.#holdings.unlistLost();
  }

  /** The bytes of a segment that is no longer in memory; undefined when the spool has lost them. */
  fromSpool(name: string): Promise<Uint8Array | undefined> {
    return this.#holdings.fromSpool(name);
  }

  get #newest(): HeldSegment | undefined {
    return this.#holdings.listed.at(-1);
  }

  get #open(): HeldSegment | undefined {
    const newest = this.#newest;
    return newest?.complete === false ? newest : undefined;
  }

  #reachedOlder(msn: number, part: number): boolean {
    const { listed } = this.#holdings;
    const segment = listed[listed.length - 1 - ((this.#newest?.msn ?? msn) - msn)];
    if (!segment || part < segment.parts.length) return true;
    const next = listed[listed.indexOf(segment) + 1];
    return next === undefined || next.complete || next.parts.length > 0;
  }
}
