import type { StreamId } from './ids.ts';

/** When something begins: at a moment by the wall clock (ms since 1970), or so long after it is asked for. */
export type Moment = { readonly wallMs: number } | { readonly inMs: number };
/** When it ends: at a moment, or so long after it began. */
export type Ending = { readonly wallMs: number } | { readonly durationMs: number };

/** Where a caption stands in the picture (WebVTT section 3.5); what is absent is left to the player. */
export interface CaptionPlace {
  readonly align?: 'start' | 'center' | 'end' | 'left' | 'right' | undefined;
  /** Percent of the width. */
  readonly position?: number | undefined;
  /** Percent of the height. */
  readonly line?: number | undefined;
  /** Percent of the width. */
  readonly size?: number | undefined;
}

/** The canonical spelling of a language tag (BCP 47); undefined when it is none. */
export function parseLanguage(text: string): string | undefined {
  if (!/^[A-Za-z]{2,3}(-[A-Za-z\d]{2,8}){0,3}$/.test(text)) return undefined;
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A caption that somebody wants shown. */
export interface CaptionWish {
  /** Sent twice, it is taken once; made here when absent. */
  readonly id: string | undefined;
  /** Canonical ({@link parseLanguage}). */
  readonly language: string;
  readonly start: Moment;
  readonly end: Ending;
  /** Plain, lines parted by line feeds. */
  readonly text: string;
  readonly place: CaptionPlace;
}

/** A caption that will be shown; times are milliseconds since 1970. */
export interface TakenCaption {
  readonly id: string;
  readonly language: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Value of an attribute of a date range: a number, a text, or bytes as `0x` and hexadecimal digits. */
export type DateRangeValue = number | string;

/** A stretch of the stream that players shall know of (RFC 8216bis section 4.4.5.1). */
export interface DateRangeWish {
  readonly id: string;
  readonly class?: string | undefined;
  readonly start: Moment;
  readonly end?: Ending | undefined;
  readonly plannedDurationMs?: number | undefined;
  /** It ends where the next one of its class begins. */
  readonly endOnNext?: boolean | undefined;
  /** Names with their values as they stand in the tag, such as X-COM-EXAMPLE-AD and SCTE35-OUT. */
  readonly attributes: Readonly<Record<string, DateRangeValue>>;
}

/** A date range that is listed; times are milliseconds since 1970. */
export interface ListedDateRange {
  readonly id: string;
  readonly startMs: number;
  /** Undefined while nobody knows. */
  readonly endMs: number | undefined;
}

/** Takes what accompanies the pictures and sound of live broadcasts. */
export interface TimedTextDesk {
  /**
   * Throws `hls-no-such-stream`, `caption-too-late`, `caption-too-early`, `caption-exists`, `too-many-captions`,
   * `too-many-languages`.
   */
  caption(stream: StreamId, wish: CaptionWish): TakenCaption;
  /** Throws `hls-no-such-stream`, `daterange-too-late`, `daterange-too-early`, `daterange-conflict`, `too-many-dateranges`. */
  dateRange(stream: StreamId, wish: DateRangeWish): ListedDateRange;
}
