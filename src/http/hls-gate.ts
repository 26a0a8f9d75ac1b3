import { type AccessRequest, type Authorizer, type Grant, openCredential } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import { type HlsFolder, hlsFolderName } from '#src/core/hls-folder.ts';
import { bearerAndAgent, headerOnly } from './access.ts';
import { challengeFor } from './credentials.ts';
import type { AnyRequest, AnyResponse } from './exchange.ts';
import { type AnswerAudience, addressOf, askPassDesk, edgeOf, type PassGateDeps } from './pass-gate.ts';
import { clientGone } from './request.ts';

/** What somebody who may watch gets. */
export interface HlsAdmission {
  readonly audience: AnswerAudience;
  /** No pictures higher than so many lines; undefined for all. */
  readonly maxHeight: number | undefined;
  /** Name of the cache that has taken the viewer's pass out of the path; absent for all others. */
  readonly edge?: string | undefined;
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
export interface HlsGateDeps extends PassGateDeps {
  readonly authorizer: Authorizer;
  /** Remembers what was decided about a token. */
  readonly pass: HlsPass;
}

/** The gate of LL-HLS, which is served beside express. */
export function hlsGateOf(deps: HlsGateDeps): HlsGate {
  return async (request, response, folder, pass) => {
    const { maxHeight } = folder;
    if (deps.authorizer.open) return { audience: 'public', maxHeight };
    try {
      // A pass is for the folder, and that says the height.
      const name = hlsFolderName(folder.stream, maxHeight);
      const asked = { request, door: 'hls', folder: name, pass } as const;
      const audience = await askPassDesk(deps, asked);
      if (audience !== undefined) return { audience, maxHeight, edge: edgeOf(deps, asked) };
      return await askForToken(deps, request, response, folder);
    } catch (error) {
      const challenge = error instanceof Failure ? challengeFor(error) : undefined;
      if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
      throw error;
    }
  };
}

async function askForToken(
  deps: HlsGateDeps,
  request: AnyRequest,
  response: AnyResponse,
  { stream, maxHeight }: HlsFolder,
): Promise<HlsAdmission> {
  const address = addressOf(deps, request);
  const asked: AccessRequest = {
    action: 'view',
    stream,
    tier: 'broadcast',
    address,
    ...bearerAndAgent(request),
  };
  const grant = await headerOnly(request, () => deps.pass(asked, () => clientGone(response)));
  return {
    audience: grant.credential === openCredential ? 'public' : 'private',
    maxHeight: lower(maxHeight, grant.maxHeight),
  };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
