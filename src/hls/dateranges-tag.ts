import type { DateRangeValue } from '#src/core/timed-text.ts';

/** A date range with its times by the wall clock, as it is listed. */
export interface DateRange {
  readonly id: string;
  readonly class: string | undefined;
  readonly startMs: number;
  readonly endMs: number | undefined;
  /** Listed instead of its end where both are known by length. */
  readonly durationMs: number | undefined;
  readonly plannedDurationMs: number | undefined;
  readonly endOnNext: boolean;
  readonly attributes: Readonly<Record<string, DateRangeValue>>;
}

/** Names that a client may add (RFC 8216bis section 4.4.5.1). */
export const attributeName = /^(?:X-[A-Z\d-]{1,62}|SCTE35-(?:CMD|OUT|IN))$/;
/** A hexadecimal-sequence (section 4.2). */
export const hexSequence = /^0[xX][\dA-Fa-f]+$/;
/** A quoted-string knows no escape: these cannot stand in one (section 4.2); other control characters serve nobody. */
export const quotable = /^[^"\p{Cc}\u2028\u2029]*$/u;

/** Attributes of a tag in the order in which they are written: name and text, quotes included. */
export function attributesOf(range: DateRange): ReadonlyMap<string, string> {
  const { id, startMs, endMs, durationMs, plannedDurationMs, endOnNext, attributes } = range;
  const list = new Map([['ID', quoted(id)]]);
  if (range.class !== undefined) list.set('CLASS', quoted(range.class));
  list.set('START-DATE', quoted(iso(startMs)));
  if (durationMs !== undefined) list.set('DURATION', seconds(durationMs));
  else if (endMs !== undefined) list.set('END-DATE', quoted(iso(endMs)));
  if (plannedDurationMs !== undefined) list.set('PLANNED-DURATION', seconds(plannedDurationMs));
  for (const name of Object.keys(attributes).toSorted()) {
    const value = attributes[name];
    if (!attributeName.test(name))
      throw new Error('an attribute of a date range has a name that no one checked');
    if (value !== undefined) list.set(name, written(value));
  }
  if (endOnNext) list.set('END-ON-NEXT', 'YES');
  return list;
}

/** EXT-X-DATERANGE (RFC 8216bis section 4.4.5.1). */
export function renderDateRange(range: DateRange): string {
  const list = [...attributesOf(range)].map(([name, value]) => `${name}=${value}`);
  return `#EXT-X-DATERANGE:${list.join(',')}`;
}

function written(value: DateRangeValue): string {
  if (typeof value === 'number') return decimal(value);
  return hexSequence.test(value) ? `0x${value.slice(2).toUpperCase()}` : quoted(value);
}

/** The last of several checks: a text that could break out of its quotes must not reach a playlist. */
function quoted(text: string): string {
  if (!quotable.test(text)) throw new Error('a date range holds a text that no one checked');
  return `"${text}"`;
}

/** Without an exponent, which playlists do not know. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(0) : value.toFixed(6).replace(/\.?0+$/, '');
}

function seconds(ms: number): string {
  return decimal(ms / 1000);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
