import type { DateRangeWish, ListedDateRange } from '#src/core/timed-text.ts';
import {
  dateRangeConflict,
  dateRangeTooEarly,
  dateRangeTooLate,
  tooManyDateRanges,
} from './dateranges-failures.ts';
import { attributesOf, type DateRange, renderDateRange } from './dateranges-tag.ts';
import type { Segment } from './media-segment.ts';

/** A tag in a media playlist. */
export interface DateRangeTag {
  readonly text: string;
  /** It is in every playlist that reaches to this sequence number or further. */
  readonly sinceMsn: number;
}

/** What the media playlists of a stream say of its date ranges now; the same in all of them. */
export interface DateRangeView {
  readonly tags: readonly DateRangeTag[];
  /** Ids of those that were listed not long ago. */
  readonly removed: readonly string[];
}

/** All playlists together may say so much. */
const limits = { ranges: 64, chars: 16_384 } as const;
/** One whose end nobody told leaves so long after its start. */
const openEndedMs = 3_600_000;
/** One may begin so far from now. */
const aheadMs = 600_000;
const retryAfterMs = 10_000;

interface Entry {
  readonly range: DateRange;
  readonly tag: DateRangeTag;
}

/** The date ranges of one stream (EXT-X-DATERANGE): listed for as long as something of them is in the window. */
export class DateRanges {
  readonly #listed = new Map<string, Entry>();
  /** Ids and the sequence number of the edge when they left. */
  readonly #removed = new Map<string, number>();
  #firstWallMs = -Infinity;
  #edge = { msn: 0, wallMs: -Infinity };

  get view(): DateRangeView {
    return {
      tags: [...this.#listed.values()].map(({ tag }) => tag),
      removed: [...this.#removed.keys()],
    };
  }

  /**
   * Lists a date range from the next part on, or adds to one that is listed. Throws `daterange-too-late`,
   * `daterange-too-early`, `daterange-conflict`, `too-many-dateranges`.
   */
  add(wish: DateRangeWish, nowMs: number): ListedDateRange {
    const known = this.#listed.get(wish.id);
    const liveMs = Math.max(nowMs, this.#edge.wallMs);
    const range = known ? merged(known.range, wish) : fresh(wish, liveMs);
    if (range.startMs > Math.ceil(liveMs) + aheadMs) throw dateRangeTooEarly(aheadMs);
    if (endOf(range) <= this.#firstWallMs) throw dateRangeTooLate();
    const text = renderDateRange(range);
    this.#mustFit(wish.id, text);
    // Renditions are not in step to the part: one of them may have opened the next segment already.
    const tag = { text, sinceMsn: known?.tag.text === text ? known.tag.sinceMsn : this.#edge.msn + 1 };
    this.#listed.set(range.id, { range, tag });
    this.#removed.delete(range.id);
    return { id: range.id, startMs: range.startMs, endMs: knownEnd(range) };
  }

  /** The window has moved: what ended before it leaves, and is called removed for as long as a window lasts. */
  follow(segments: readonly Segment[]): void {
    const [first] = segments;
    const last = segments.at(-1);
    if (!first || !last) return;
    this.#firstWallMs = first.startWallMs;
    this.#edge = { msn: last.msn, wallMs: last.startWallMs + last.durationMs };
    for (const [id, { range }] of this.#listed) {
      if (endOf(range) > first.startWallMs) continue;
      this.#listed.delete(id);
      this.#removed.set(id, last.msn);
    }
    for (const [id, msn] of this.#removed) if (msn < first.msn) this.#removed.delete(id);
  }

  #mustFit(id: string, text: string): void {
    const others = [...this.#listed].filter(([other]) => other !== id);
    if (others.length + this.#removed.size >= limits.ranges)
      throw tooManyDateRanges(`${limits.ranges} date ranges`, retryAfterMs);
    const chars = others.reduce((sum, [, { tag }]) => sum + tag.text.length, text.length);
    if (chars > limits.chars)
      throw tooManyDateRanges(`${limits.chars} characters of date ranges`, retryAfterMs);
  }
}

function fresh(wish: DateRangeWish, nowMs: number): DateRange {
  const { id, start, end, plannedDurationMs, endOnNext, attributes } = wish;
  const startMs = 'wallMs' in start ? start.wallMs : Math.round(nowMs) + start.inMs;
  return {
    ...{ id, class: wish.class, startMs, plannedDurationMs, attributes },
    endMs: end && 'wallMs' in end ? end.wallMs : undefined,
    durationMs: end && 'durationMs' in end ? end.durationMs : undefined,
    endOnNext: endOnNext === true,
  };
}

/** The same date range with more attributes; what is there stays as it is. */
function merged(known: DateRange, wish: DateRangeWish): DateRange {
  // "In so many milliseconds" was meant for the first time; a repetition adds to what that became.
  const start = 'wallMs' in wish.start ? wish.start : { wallMs: known.startMs };
  const added = fresh({ ...wish, start }, known.startMs);
  const more: DateRange = {
    ...known,
    class: added.class ?? known.class,
    startMs: added.startMs,
    endMs: added.endMs ?? known.endMs,
    durationMs: added.durationMs ?? known.durationMs,
    plannedDurationMs: added.plannedDurationMs ?? known.plannedDurationMs,
    endOnNext: added.endOnNext || known.endOnNext,
    attributes: { ...known.attributes, ...added.attributes },
  };
  const before = attributesOf(known);
  const after = attributesOf(more);
  for (const [name, value] of before) if (after.get(name) !== value) throw dateRangeConflict(known.id, name);
  return more;
}

/** When it ends, where that was said. */
function knownEnd({ startMs, endMs, durationMs }: DateRange): number | undefined {
  return durationMs === undefined ? endMs : startMs + durationMs;
}

/** When it may leave. An instant stays until the instant has left. */
function endOf(range: DateRange): number {
  return knownEnd(range) ?? range.startMs + Math.max(range.plannedDurationMs ?? 0, openEndedMs);
}
