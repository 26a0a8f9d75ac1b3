import type { Grant } from '#src/core/access.ts';
import type { Tier } from '#src/core/tier.ts';
import type { AuthConfig } from './config.ts';
import { readCredential } from './credential.ts';
import { type HeldKey, keyCovers } from './holder.ts';
import type { KeyRing } from './keys.ts';
import type { Revocations } from './revocations.ts';
import { fingerprint } from './secrets.ts';

/** What counts now. */
export interface Standing {
  readonly config: AuthConfig;
  readonly open: boolean;
  readonly keys: readonly HeldKey[];
  readonly ring: KeyRing;
  readonly hasKeySet: boolean;
  readonly revocations: Revocations;
}

/** The tiers that everybody may watch. */
export function freeTiers({
  openInteractive,
  openBroadcast,
}: Pick<AuthConfig, 'openInteractive' | 'openBroadcast'>): readonly Tier[] {
  return [
    ...(openInteractive ? ['interactive' as const] : []),
    ...(openBroadcast ? ['broadcast' as const] : []),
  ];
}

/** Whether what a grant came from was taken back since. That it has merely expired takes nothing back. */
export function hasLapsed(grant: Grant, standing: Standing): boolean {
  const { config, open, keys, ring, hasKeySet, revocations } = standing;
  const credential = readCredential(grant.credential);
  switch (credential.kind) {
    case 'own':
      return false;
    case 'open':
      return !open && !(grant.action === 'view' && freeTiers(config).length > 0);
    case 'hook':
      return config.webhookUrl === undefined;
    case 'key':
      return !keys.some(
        (key) =>
          key.name === credential.name &&
          fingerprint(key.sha256) === credential.print &&
          keyCovers(key, grant.action, grant.stream),
      );
    case 'token':
      return (
        revocations.has(credential.jti) ||
        (credential.kid === '' ? !hasKeySet : ring.verify.get(credential.kid)?.print !== credential.keyPrint)
      );
  }
}
