import { type AccessRequest, type Authorizer, type Grant, openCredential } from '#src/core/access.ts';
import type { PassDesk } from '#src/core/pass-desk.ts';
import { Failure } from '#src/core/failure.ts';
import { type HlsFolder, hlsFolderName } from '#src/core/hls-folder.ts';
import { bearerAndAgent, headerOnly } from './access.ts';
import { challengeFor } from './credentials.ts';
import type { AnyRequest, AnyResponse } from './exchange.ts';
import type { RateLimits } from './limits.ts';
import { passesInCookies } from './pass-cookie.ts';
import { clientGone } from './request.ts';

/**
 * Who may keep an answer: every cache, also only until a moment (in milliseconds since 1970), or nobody but the client.
 */
export type AnswerAudience = 'public' | 'private' | { readonly publicUntilMs: number };

/** What somebody who may watch gets. */
export interface HlsAdmission {
  readonly audience: AnswerAudience;
  /** No pictures higher than so many lines; undefined for all. */
  readonly maxHeight: number | undefined;
}

/** What the LL-HLS origin asks for each request; `pass` is what stood in the path before the folder's name. */
export type HlsGate = (
  request: AnyRequest,
  response: AnyResponse,
  folder: HlsFolder,
  pass?: string,
) => Promise<HlsAdmission>;

/** Decides about one request; its signal is only made when it has to wait. */
export type HlsPass = (request: AccessRequest, signal: () => AbortSignal) => Grant | Promise<Grant>;

/** What else the gate of LL-HLS goes by. */
export interface HlsGateDeps {
  readonly authorizer: Authorizer;
  /** Remembers what was decided about a token. */
  readonly pass: HlsPass;
  /** Without it there are no passes, and no caches that check them. */
  readonly desk?: PassDesk;
  /** Without it nobody guesses too often. */
  readonly limits?: Pick<RateLimits, 'guarded'>;
  /** Where a request came from; who connected by default. */
  readonly addressOf?: (request: AnyRequest) => string;
}

/** The gate of LL-HLS, which is served beside express. */
export function hlsGateOf(deps: HlsGateDeps): HlsGate {
  return async (request, response, folder, pass) => {
    const { maxHeight } = folder;
    if (deps.authorizer.open) return { audience: 'public', maxHeight };
    try {
      // A pass is for the folder, and that says the height.
      const audience = await askDesk(deps, { request, folder, pass });
      if (audience !== undefined) return { audience, maxHeight };
      return await askForToken(deps, request, response, folder);
    } catch (error) {
      const challenge = error instanceof Failure ? challengeFor(error) : undefined;
      if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
      throw error;
    }
  };
}

interface Asked {
  readonly request: AnyRequest;
  readonly folder: HlsFolder;
  readonly pass: string | undefined;
}

/** What the key of a cache, or a pass, opens; undefined where a token has to. */
async function askDesk(
  deps: HlsGateDeps,
  { request, folder, pass }: Asked,
): Promise<AnswerAudience | undefined> {
  const { desk } = deps;
  if (desk === undefined) return undefined;
  if (desk.needless) return 'public';
  const edgeKey = request.headers[edgeHeader];
  if (typeof edgeKey === 'string') {
    if (!desk.isEdgeKey(edgeKey)) return refuse(deps, request, edgeKeyInvalid());
    // A cache that has checked a pass takes it out of the path: with one in it, it asks about it.
    if (pass === undefined) return 'public';
  }
  const name = hlsFolderName(folder.stream, folder.maxHeight);
  if (pass !== undefined) {
    const verdict = desk.read(name, pass);
    return typeof verdict === 'number' ? { publicUntilMs: verdict } : refuse(deps, request, verdict);
  }
  // A token says more than a cookie that the browser has kept.
  if (request.headers.authorization !== undefined) return undefined;
  let refused: Failure | undefined;
  for (const shown of passesInCookies(request.headers.cookie)) {
    const verdict = desk.read(name, shown);
    if (typeof verdict === 'number') return 'private';
    refused = verdict;
  }
  return refused === undefined ? undefined : refuse(deps, request, refused);
}

async function askForToken(
  { pass, addressOf }: HlsGateDeps,
  request: AnyRequest,
  response: AnyResponse,
  { stream, maxHeight }: HlsFolder,
): Promise<HlsAdmission> {
  const address = addressOf?.(request) ?? request.socket.remoteAddress ?? '';
  const asked: AccessRequest = {
    action: 'view',
    stream,
    tier: 'broadcast',
    address,
    ...bearerAndAgent(request),
  };
  const grant = await headerOnly(request, () => pass(asked, () => clientGone(response)));
  return {
    audience: grant.credential === openCredential ? 'public' : 'private',
    maxHeight: lower(maxHeight, grant.maxHeight),
  };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** Refuses, and sooner or later not to answer at all, who tries one after the other. */
async function refuse(
  { limits, addressOf }: HlsGateDeps,
  request: AnyRequest,
  refusal: Failure,
): Promise<never> {
  const address = addressOf?.(request) ?? request.socket.remoteAddress ?? '';
  const rejected = (): Promise<never> => Promise.reject(refusal);
  return limits === undefined ? rejected() : limits.guarded(address, rejected);
}

/** With it a cache says that it has checked the viewer's pass itself. */
const edgeHeader = 'frontrow-edge';

const edgeKeyInvalid = (): Failure =>
  new Failure(
    'forbidden',
    'edge-key-invalid',
    'the cache in front of this node shows a key (Frontrow-Edge) that auth.edgeKeys does not have',
  );
