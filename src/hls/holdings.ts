import type { SegmentSpool } from '#src/core/record.ts';
import type { Part, SegmentStart } from './media-segment.ts';
import type { StreamTiming } from './timing.ts';

/** A segment that is held. */
export interface HeldSegment extends SegmentStart {
  readonly msn: number;
  readonly parts: Part[];
  durationMs: number;
  complete: boolean;
  iFrameBytes: number;
  bytes: number;
  /** Media time of all segments when it left the playlist. */
  removedAtMs: number;
  /** Its bytes have left memory; the spool has them. */
  spooled: boolean;
}

/**
 * What is held of one rendition, and when it is let go: segments are listed for a time, then only fetchable, then gone. Their bytes
 * are in memory, or in the spool where there is one; memory has a limit.
 */
export class Holdings {
  /** Media that stays listed. */
  readonly windowMs: number;
  readonly #timing: StreamTiming;
  readonly #limitBytes: number;
  readonly #spool: SegmentSpool | undefined;
  readonly #listed: HeldSegment[] = [];
  readonly #removed: HeldSegment[] = [];
  readonly #parts = new Map<string, Part>();
  readonly #segments = new Map<string, HeldSegment>();
  #bytes = 0;
  /** Listed media whose bytes are in memory, and the index of the oldest such segment. */
  #heldMs = 0;
  #heldFrom = 0;
  #listedMs = 0;
  #totalMs = 0;
  /** Losses of the spool that were seen to. */
  #losses = 0;

  constructor(timing: StreamTiming, limitBytes: number, spool?: SegmentSpool) {
    this.#timing = timing;
    this.#limitBytes = limitBytes;
    this.#spool = spool;
    this.windowMs = Math.max(timing.windowMs, spool?.windowMs ?? 0);
  }

  /** Listed segments, oldest first; only the last may be incomplete. */
  get listed(): readonly HeldSegment[] {
    return this.#listed;
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing was ever listed. */
  get untouched(): boolean {
    return this.#segments.size === 0;
  }

  part(name: string): Part | undefined {
    return this.#parts.get(name);
  }

  segment(name: string): HeldSegment | undefined {
    return this.#segments.get(name);
  }

  /** The bytes of a segment that is no longer in memory; undefined when the spool has lost them. */
  fromSpool(name: string): Promise<Uint8Array | undefined> {
    return this.#spool?.read(name) ?? Promise.resolve(undefined);
  }

  /** A new segment is the last one of the playlist. */
  list(start: SegmentStart, msn: number): HeldSegment {
    const segment = {
      ...start,
      msn,
      parts: [],
      durationMs: 0,
      complete: false,
      iFrameBytes: 0,
      bytes: 0,
      removedAtMs: 0,
      spooled: false,
    };
    this.#listed.push(segment);
    this.#segments.set(segment.name, segment);
    return segment;
  }

  /** Adds a part to the last segment, which now reaches to `endMs`. */
  add(segment: HeldSegment, part: Part, endMs: number): void {
    if (segment.parts.length === 0) segment.iFrameBytes = part.firstSampleBytes ?? 0;
    segment.parts.push(part);
    if (part.gap !== true) this.#parts.set(part.name, part);
    this.#grow(segment, endMs - segment.startMs, part.bytes.length);
    this.slide();
  }

  /** The last segment is complete; the spool takes its bytes. */
  complete(segment: HeldSegment): void {
    segment.complete = true;
    if (segment.gap) return;
    const chunks = segment.parts.map((part) => part.bytes);
    this.#spool?.put(segment.name, chunks);
  }

  /** The last segment is as long as this, whatever is in it. */
  extend(segment: HeldSegment, durationMs: number): void {
    this.#grow(segment, durationMs, 0);
  }

  /** Lets go of what need not be held any more. */
  slide(): void {
    this.unlistLost();
    if (this.#spool) this.#moveOut(this.#spool);
    for (let oldest = this.#listed[0]; oldest && this.#mayLeave(oldest); oldest = this.#listed[0])
      this.#unlist(oldest);
    for (let oldest = this.#removed[0]; oldest && this.#mayGo(oldest); oldest = this.#removed[0]) {
      this.#removed.shift();
      if (!oldest.spooled) this.#bytes -= oldest.bytes;
      if (!oldest.gap) this.#spool?.remove(oldest.name);
      this.#segments.delete(oldest.name);
      for (const part of oldest.parts) this.#parts.delete(part.name);
    }
  }

  /** What the spool had and has no longer leaves the playlist, with everything in front of it. Whether there was any. */
  unlistLost(): boolean {
    const spool = this.#spool;
    if (!spool?.losses || spool.losses === this.#losses) return false;
    this.#losses = spool.losses;
    const lost = this.#listed.findLast(
      ({ spooled, gap, name }) => spooled && !gap && spool.state(name) === 'lost',
    );
    if (lost) this.#unlistTo(lost);
    return lost !== undefined;
  }

  #grow(segment: HeldSegment, durationMs: number, bytes: number): void {
    this.#listedMs += durationMs - segment.durationMs;
    this.#totalMs += durationMs - segment.durationMs;
    this.#heldMs += durationMs - segment.durationMs;
    segment.durationMs = durationMs;
    segment.bytes += bytes;
    this.#bytes += bytes;
  }

  /** The oldest listed segment leaves the playlist. */
  #unlist(oldest: HeldSegment): void {
    this.#listed.shift();
    this.#listedMs -= oldest.durationMs;
    if (this.#heldFrom > 0) this.#heldFrom -= 1;
    else this.#heldMs -= oldest.durationMs;
    oldest.removedAtMs = this.#totalMs;
    this.#removed.push(oldest);
  }

  /** A playlist has no holes: with this one everything in front of it leaves. */
  #unlistTo({ msn }: HeldSegment): void {
    for (let oldest = this.#listed[0]; oldest && oldest.msn <= msn; oldest = this.#listed[0])
      this.#unlist(oldest);
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
        this.#unlistTo(entry);
        continue;
      }
      this.#heldFrom += 1;
      this.#heldMs -= entry.durationMs;
      this.#bytes -= entry.bytes;
      entry.spooled = true;
      for (const part of entry.parts.splice(0)) this.#parts.delete(part.name);
    }
  }

  #mayLeave(oldest: HeldSegment): boolean {
    if (!oldest.complete) return false;
    const remainsMs = this.#listedMs - oldest.durationMs;
    if (remainsMs >= this.windowMs) return true;
    if (oldest.spooled) return this.#spool?.full === true;
    // Short of memory: fewer segments for everyone, but never fewer than a player needs.
    return this.#bytes > this.#limitBytes && remainsMs >= 3 * this.#timing.targetDurationMs;
  }

  /** Section 6.2.2: fetchable for its own duration plus that of the longest playlist that listed it. */
  #mayGo(oldest: HeldSegment): boolean {
    if (oldest.spooled ? this.#spool?.full === true : this.#bytes > this.#limitBytes) return true;
    const sinceMs = this.#totalMs - oldest.removedAtMs;
    const listedForMs = oldest.spooled ? this.windowMs : this.#timing.windowMs;
    return sinceMs > listedForMs + 2 * this.#timing.targetDurationMs;
  }
}
