import { Failure } from '#src/core/failure.ts';

/** Nothing of it is in the playlist any more. */
export const dateRangeTooLate = (): Failure =>
  new Failure(
    'gone',
    'daterange-too-late',
    'it ended before the playlist begins, so no player could come to it',
  );

/** Those that are far away would keep the places of others. */
export const dateRangeTooEarly = (limitMs: number): Failure =>
  new Failure(
    'invalid',
    'daterange-too-early',
    `it begins more than ${limitMs / 60_000} minutes from now; send it nearer to its time, and check the clock that made its start`,
  );

/** What is listed cannot say something else later (RFC 8216bis section 4.4.5.1). */
export const dateRangeConflict = (id: string, attribute: string): Failure =>
  new Failure(
    'conflict',
    'daterange-conflict',
    `"${id}" is listed with another ${attribute}; attributes may be added and never changed, so take another id`,
  );

/** Every date range stands in every playlist that every player loads several times a second. */
export const tooManyDateRanges = (what: string, retryAfterMs: number): Failure =>
  new Failure('too-many', 'too-many-dateranges', `a stream lists at most ${what} at a time`, {
    retryAfterMs,
  });
