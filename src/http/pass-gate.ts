import { Failure } from '#src/core/failure.ts';
import type { PassDesk, PassDoor } from '#src/core/pass-desk.ts';
import type { AnyRequest } from './exchange.ts';
import type { RateLimits } from './limits.ts';
import { passesInCookies } from './pass-cookie.ts';

/**
 * Who may keep an answer: every cache, also only until a moment (in milliseconds since 1970), or nobody but the client.
 */
export type AnswerAudience = 'public' | 'private' | { readonly publicUntilMs: number };

/** What passes are checked with. */
export interface PassGateDeps {
  /** Without it there are no passes, and no caches that check them. */
  readonly desk?: PassDesk | undefined;
  /** Without it nobody guesses too often. */
  readonly limits?: Pick<RateLimits, 'guarded'> | undefined;
  /** Where a request came from; who connected by default. */
  readonly addressOf?: (request: AnyRequest) => string;
}

/** A request for something in a folder that passes are made for. */
export interface PassAsked {
  readonly request: AnyRequest;
  readonly door: PassDoor;
  readonly folder: string;
  /** What stood in the path before the folder's name. */
  readonly pass: string | undefined;
}

/**
 * What the key of a cache, or a pass, opens; undefined where a token has to. Rejects with `edge-key-invalid`, `pass-invalid`,
 * `pass-expired`, `pass-key-unknown`.
 */
export async function askPassDesk(
  deps: PassGateDeps,
  { request, door, folder, pass }: PassAsked,
): Promise<AnswerAudience | undefined> {
  const { desk } = deps;
  if (desk === undefined) return undefined;
  if (desk.isNeedless(door)) return 'public';
  const edgeKey = request.headers[edgeHeader];
  if (typeof edgeKey === 'string') {
    if (desk.edgeOf(edgeKey) === undefined) return refuse(deps, request, edgeKeyInvalid());
    // A cache that has checked a pass takes it out of the path: with one in it, it asks about it.
    if (pass === undefined) return 'public';
  }
  if (pass !== undefined) {
    const verdict = desk.read(folder, pass, door);
    return typeof verdict === 'number' ? { publicUntilMs: verdict } : refuse(deps, request, verdict);
  }
  // A token says more than a cookie that the browser has kept.
  if (request.headers.authorization !== undefined) return undefined;
  let refused: Failure | undefined;
  for (const shown of passesInCookies(request.headers.cookie)) {
    const verdict = desk.read(folder, shown, door);
    if (typeof verdict === 'number') return 'private';
    refused = verdict;
  }
  return refused === undefined ? undefined : refuse(deps, request, refused);
}

/** Name of the cache that has checked a viewer's pass for this request and taken it out of the path; undefined for all others. */
export function edgeOf({ desk }: PassGateDeps, { request, door, pass }: PassAsked): string | undefined {
  const key = request.headers[edgeHeader];
  if (desk === undefined || desk.isNeedless(door) || pass !== undefined || typeof key !== 'string')
    return undefined;
  return desk.edgeOf(key);
}

/** Where a request came from. */
export function addressOf(deps: PassGateDeps, request: AnyRequest): string {
  return deps.addressOf?.(request) ?? request.socket.remoteAddress ?? '';
}

/** Refuses, and sooner or later not to answer at all, who tries one after the other. */
async function refuse(deps: PassGateDeps, request: AnyRequest, refusal: Failure): Promise<never> {
  const rejected = (): Promise<never> => Promise.reject(refusal);
  return deps.limits === undefined ? rejected() : deps.limits.guarded(addressOf(deps, request), rejected);
}

/** With it a cache says that it has checked the viewer's pass itself. */
const edgeHeader = 'frontrow-edge';

const edgeKeyInvalid = (): Failure =>
  new Failure(
    'forbidden',
    'edge-key-invalid',
    'the cache in front of this node shows a key (Frontrow-Edge) that auth.edgeKeys does not have',
  );
