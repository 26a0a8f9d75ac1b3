import type { Action } from './access.ts';
import type { LadderName } from './ladder.ts';
import type { Tier } from './tier.ts';

/** What a token that is made here shall allow. */
export interface TokenWish {
  /** Who it is for: the `sub` claim. */
  readonly subject: string;
  readonly action: Action;
  /** Stream name, or a pattern with `*` and `?`. */
  readonly stream: string;
  readonly expiresInS: number;
  readonly tier?: Tier | undefined;
  readonly maxHeight?: number | undefined;
  /** LL-HLS qualities of what is published with it. */
  readonly ladder?: LadderName | undefined;
}

/** A token that was made here. */
export interface MintedToken {
  readonly token: string;
  readonly jti: string;
  readonly expiresAtMs: number;
}

/** A token that was revoked here. */
export interface RevokedToken {
  /** Until when that is remembered, in milliseconds since 1970: the token has expired by then. */
  readonly untilMs: number;
  /** It was written down. */
  readonly survivesRestart: boolean;
}

/** Makes and revokes tokens. */
export interface TokenDesk {
  /** Throws Failure `no-signing-key`, `token-lifetime`. */
  mint(wish: TokenWish): Promise<MintedToken>;
  /** Refuses this `jti` from now on, also while it is still being written down. Throws `too-many-revocations`. */
  revoke(jti: string): Promise<RevokedToken>;
}
