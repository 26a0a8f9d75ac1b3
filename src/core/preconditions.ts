import { type ByteRange, readRange } from './byte-range.ts';

/** Which bytes a URL stands for now. */
export interface Version {
  /** A strong entity tag (RFC 9110 section 8.8.3), quotes included: other bytes have another one. */
  readonly etag: string;
  /** When they were written, in milliseconds since 1970; only of what is not written any more, as a date is else no strong validator. */
  readonly modifiedMs?: number | undefined;
}

/** What a request says of the version that it wants or has. */
export interface Asked {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Weighs the preconditions of a GET or HEAD in their order (RFC 9110 section 13.2.2): `failed` is 412, `not-modified` 304.
 */
export function weigh({ headers }: Asked, version: Version): 'proceed' | 'not-modified' | 'failed' {
  const changedMs = seconds(version.modifiedMs);
  const [match, unmodified] = [text(headers['if-match']), dateMs(headers['if-unmodified-since'])];
  if (match !== undefined) {
    if (!isAmong(match, version.etag, 'strong')) return 'failed';
  } else if (unmodified !== undefined && changedMs !== undefined && changedMs > unmodified) return 'failed';
  const known = text(headers['if-none-match']);
  if (known !== undefined) return isAmong(known, version.etag, 'weak') ? 'not-modified' : 'proceed';
  const since = dateMs(headers['if-modified-since']);
  return since !== undefined && changedMs !== undefined && changedMs <= since ? 'not-modified' : 'proceed';
}

/**
 * The range that is to be sent; undefined for all of it. Only GET has ranges (section 14.2), and If-Range asks for all of what is
 * not the version that it names: by the same strong tag, or by exactly the same date (section 13.1.5).
 */
export function askedRange(
  { method, headers }: Asked,
  version: Version,
  sizeBytes: number,
): ByteRange | undefined {
  if (method !== 'GET') return undefined;
  const condition = text(headers['if-range'])?.trim();
  if (condition !== undefined && !isSame(condition, version)) return undefined;
  return readRange(text(headers['range']), sizeBytes);
}

function isSame(condition: string, { etag, modifiedMs }: Version): boolean {
  if (condition.includes('"')) return condition === etag;
  const changedMs = seconds(modifiedMs);
  return changedMs !== undefined && dateMs(condition) === changedMs;
}

/** Whether a list of tags, or a star, names this one; the weak comparison takes one that a cache has marked (section 8.8.3.2). */
function isAmong(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag);
}

/** Dates in headers have whole seconds. */
function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.floor(ms / 1000) * 1000;
}

/** Each of the three forms of a date (section 5.6.7); undefined for anything else, which is as if it were not there. */
function dateMs(header: string | readonly string[] | undefined): number | undefined {
  const said = text(header)?.trim();
  if (said === undefined || !/^[A-Z][a-z]{2,8},? [\dA-Za-z :-]{8,40}$/.test(said)) return undefined;
  // The oldest form names no zone, and means the same one.
  const ms = Date.parse(said.endsWith(' GMT') ? said : `${said} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}

function text(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header.join(', ') : header;
}
