import { Failure } from './failure.ts';
import type { StreamId } from './ids.ts';
import type { LadderName } from './ladder.ts';
import type { Living } from './lifetime.ts';
import type { Tier } from './tier.ts';

/** What somebody may be allowed to do. `operate` is the API, the dashboard and the making of tokens. */
export type Action = 'publish' | 'view' | 'operate';

/** Somebody wants to do something, as HTTP saw it. */
export interface AccessRequest {
  readonly action: Action;
  /** Undefined for what concerns the whole node. */
  readonly stream: StreamId | undefined;
  /** The tier that is to be opened: the front row by a WHEP POST, the broadcast by LL-HLS; undefined where either will do. */
  readonly tier?: Tier | undefined;
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
  /** LL-HLS qualities of what is published with it; undefined leaves them to the settings. */
  readonly ladder?: LadderName | undefined;
  /** The stream that it was asked for. */
  readonly stream?: StreamId | undefined;
  /** When its credential ends by itself, in milliseconds since 1970; a session that began before goes on. */
  readonly untilMs?: number | undefined;
}

/** Decides who may do what. Behind it: nobody asks (open), stream keys, signed tokens, a webhook. */
export interface Authorizer extends Living {
  /** Nobody needs a token. */
  readonly open: boolean;
  /** Throws Failure `token-missing`, `token-invalid`, `token-expired` (unauthorized), `not-allowed` (forbidden) and the like. */
  authorize(request: AccessRequest, signal: AbortSignal): Promise<Grant>;
  /**
   * Whether who sent this token (or none) may change or end the session that `grant` opened. Without a token the unguessable
   * URL of the session speaks for its holder, unless the settings are strict: then `token-missing` is thrown. Throws also for a
   * token that is no good at all.
   */
  holds(grant: Grant, token: string | undefined): Promise<boolean>;
  /** Hears of grants that are no longer good; their sessions have to end. */
  onRevoked(listener: (isRevoked: (grant: Grant) => boolean) => void): Disposable;
}

/** Refuses what would open the other tier than the one that was granted. */
export function mustGrantTier(granted: Tier | undefined, opens: Tier | undefined): void {
  if (granted === undefined || opens === undefined || granted === opens) return;
  throw new Failure(
    'forbidden',
    'tier-not-granted',
    `this token opens the ${granted} tier only; GET /join tells where that is`,
  );
}

/** The credential of who was asked for none. */
export const openCredential = 'open';

/** What everybody has where nobody is asked. */
export function openGrant(action: Action): Grant {
  return { action, subject: 'anyone', credential: openCredential, tier: undefined, maxHeight: undefined };
}
