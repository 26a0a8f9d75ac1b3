import type { StreamId } from './ids.ts';
import type { Living } from './lifetime.ts';
import type { Tier } from './tier.ts';

/** What somebody may be allowed to do. `operate` is the API, the dashboard and the making of tokens. */
export type Action = 'publish' | 'view' | 'operate';

/** Somebody wants to do something, as HTTP saw it. */
export interface AccessRequest {
  readonly action: Action;
  /** Undefined for what concerns the whole node. */
  readonly stream: StreamId | undefined;
  /** What came behind `Authorization: Bearer`; undefined without that header. */
  readonly token: string | undefined;
  readonly address: string;
  readonly userAgent: string;
}

/** A permission that was given; a session keeps it for as long as it lives. */
export interface Grant {
  readonly action: Action;
  /** Who: the name of a stream key, the `sub` of a token, or `anyone`. For logs and operators. */
  readonly subject: string;
  /** Names the credential without revealing it; the same credential has the same name. */
  readonly credential: string;
  /** The only tier that it opens; undefined for both. */
  readonly tier: Tier | undefined;
  /** Largest picture in lines that a viewer may get; undefined for all. */
  readonly maxHeight: number | undefined;
}

/** Decides who may do what. Behind it: nobody asks (open), stream keys, signed tokens, a webhook. */
export interface Authorizer extends Living {
  /** Nobody needs a token. */
  readonly open: boolean;
  /** Throws Failure `token-missing`, `token-invalid`, `token-expired` (unauthorized), `not-allowed` (forbidden) and the like. */
  authorize(request: AccessRequest, signal: AbortSignal): Promise<Grant>;
  /**
   * Whether who sent this token (or none) may change or end the session that `grant` opened. Without a token the unguessable
   * URL of the session speaks for its holder, unless the settings are strict.
   */
  holds(grant: Grant, token: string | undefined): Promise<boolean>;
  /** Hears of grants that are no longer good; their sessions have to end. */
  onRevoked(listener: (isRevoked: (grant: Grant) => boolean) => void): Disposable;
}

/** What everybody has where nobody is asked. */
export function openGrant(action: Action): Grant {
  return { action, subject: 'anyone', credential: 'open', tier: undefined, maxHeight: undefined };
}
