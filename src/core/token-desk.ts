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

/** Makes and revokes tokens. */
export interface TokenDesk {
  /** Throws Failure `no-signing-key`, `token-lifetime`. */
  mint(wish: TokenWish): Promise<MintedToken>;
  /** Refuses this `jti` from now on; returns until when that is remembered. Throws `too-many-revocations`. */
  revoke(jti: string): number;
}
