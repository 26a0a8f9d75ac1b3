import { SignJWT } from 'jose';
import type { MintedToken, TokenWish } from '#src/core/token-desk.ts';
import { randomBytes } from '#src/core/random.ts';
import { actOf, audiencesOf } from './claims.ts';
import type { AuthConfig } from './config.ts';
import { lifetimeTooLong, noSigningKey } from './failures.ts';
import type { TokenKey } from './keys.ts';

/** Signs a token. Throws `no-signing-key`, and `token-lifetime` for one that would not be accepted here. */
export async function mintToken(
  wish: TokenWish,
  {
    config,
    key,
    nowMs,
  }: { readonly config: AuthConfig; readonly key: TokenKey | undefined; readonly nowMs: number },
): Promise<MintedToken> {
  if (key === undefined) throw noSigningKey();
  const limitS = lifetimeLimitS(wish.action, config);
  if (wish.expiresInS > limitS) throw lifetimeTooLong(limitS);
  const issuedS = Math.floor(nowMs / 1000);
  const expiresS = issuedS + wish.expiresInS;
  const jti = randomBytes(12).toBase64Url();
  const claims = {
    act: actOf[wish.action],
    stream: wish.stream,
    ...(wish.tier !== undefined && { tier: wish.tier }),
    ...(wish.maxHeight !== undefined && { maxHeight: wish.maxHeight }),
    ...(wish.ladder !== undefined && { ladder: wish.ladder }),
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'JWT' })
    .setIssuer(config.issuer)
    .setAudience([...audiencesOf(wish.action, wish.tier)])
    .setSubject(wish.subject)
    .setIssuedAt(issuedS)
    .setExpirationTime(expiresS)
    .setJti(jti)
    .sign(key.key);
  return { token, jti, expiresAtMs: expiresS * 1000 };
}

/** Seconds that a token may have left when it is shown. */
export function lifetimeLimitS(
  action: TokenWish['action'],
  config: Pick<AuthConfig, 'maxPublishLifetimeS' | 'maxViewLifetimeS'>,
): number {
  return action === 'view' ? config.maxViewLifetimeS : config.maxPublishLifetimeS;
}
