import { Failure } from '#src/core/failure.ts';

/** There is no room here, though there may be elsewhere. */
const fullCodes: ReadonlySet<string> = new Set([
  'too-many-streams',
  'too-many-pending',
  'interactive-full',
  'rtc-full',
  'rtc-closed',
  'shutting-down',
]);
/** Says that a node sent the client on, so that two full nodes do not send it back and forth. */
const marker = 'overflow';

/** What an overflow is decided by. */
export interface OverflowFacts {
  /** Base URL of the other node; undefined when there is none. */
  readonly overflowUrl: string | undefined;
  /** How this node is called. */
  readonly ownUrl: string;
  /** Path of the endpoint, e.g. `/whep/stream`. */
  readonly path: string;
  /** The request's query, with its question mark; '' without one. */
  readonly query: string;
}

/**
 * Where a client is sent that finds no room here (RFC 9725 section 4.5: 307, so that the offer is posted again); undefined when
 * the refusal has another reason, there is no other node, or the client was sent on already.
 */
export function overflowLocation(
  error: unknown,
  { overflowUrl, ownUrl, path, query }: OverflowFacts,
): string | undefined {
  if (!(error instanceof Failure) || !fullCodes.has(error.code) || overflowUrl === undefined)
    return undefined;
  if (baseOf(overflowUrl) === baseOf(ownUrl)) return undefined;
  const parameters = new URLSearchParams(query);
  if (parameters.has(marker)) return undefined;
  return `${baseOf(overflowUrl)}${path}${query}${query.length > 1 ? '&' : query === '' ? '?' : ''}${marker}=1`;
}

function baseOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
