import type { AccessRequest, Action, Grant } from '#src/core/access.ts';
import { mustGrantTier } from '#src/core/access.ts';
import { globMatches } from '#src/core/glob.ts';
import type { StreamId } from '#src/core/ids.ts';
import { type LadderName, parseLadder } from '#src/core/ladder.ts';
import type { Tier } from '#src/core/tier.ts';
import { actOf, audiencesFor, type Claims } from './claims.ts';
import type { AuthConfig } from './config.ts';
import { credentialName } from './credential.ts';
import { notAllowed, tokenInvalid, unknownLadder } from './failures.ts';
import { lifetimeLimitS } from './mint.ts';
import { fingerprint } from './secrets.ts';
import { skewS, type VerifiedToken } from './verify.ts';
import type { WebhookAnswer } from './webhook.ts';

/** For how long LL-HLS goes by one word of the webhook. */
const hookPatienceMs = 30_000;

/** One stream key or operate key of the settings. */
export interface HeldKey {
  readonly name: string;
  readonly sha256: string;
  readonly stream: string;
  readonly allow: readonly Action[];
}

/** The keys of the settings as one list. */
export function heldKeys({ streamKeys, operateKeys }: AuthConfig): readonly HeldKey[] {
  return [...streamKeys, ...operateKeys.map((key): HeldKey => ({ ...key, stream: '*', allow: ['operate'] }))];
}

/** Whether a key opens this. */
export function keyCovers(key: HeldKey, action: Action, stream: StreamId | undefined): boolean {
  return key.allow.includes(action) && covers(key.stream, stream);
}

/** What a key gives; throws `not-allowed`. */
export function grantOfKey(key: HeldKey, { action, stream }: AccessRequest): Grant {
  if (!key.allow.includes(action)) throw notAllowed(`this key is not for ${wordOf(action)}`);
  if (!covers(key.stream, stream)) throw notAllowed(`this key is not for ${streamWord(stream)}`);
  return {
    action,
    stream,
    subject: key.name,
    credential: credentialName({ kind: 'key', name: key.name, print: fingerprint(key.sha256) }),
    tier: undefined,
    maxHeight: undefined,
  };
}

/**
 * What a genuine token gives; throws `token-invalid` (not for this door), `not-allowed`, `tier-not-granted`, `unknown-ladder`.
 */
export function grantOfToken(
  { claims, kid, keyPrint }: VerifiedToken,
  request: AccessRequest & { readonly token: string },
  { config, nowMs }: { readonly config: AuthConfig; readonly nowMs: number },
): Grant {
  const { action, stream, tier } = request;
  mustBeShortLived(claims, lifetimeLimitS(action, config), nowMs);
  if (claims.act !== actOf[action]) throw notAllowed(`this token is not for ${wordOf(action)}`);
  mustBeForDoor(claims, request);
  if (!covers(claims.stream ?? (action === 'operate' ? '*' : ''), stream))
    throw notAllowed(`this token is not for ${streamWord(stream)}`);
  const granted = claims.tier ?? tierOfAudiences(claims.aud);
  mustGrantTier(granted, tier);
  return {
    action,
    stream,
    subject: claims.sub,
    credential: credentialName({
      kind: 'token',
      kid: kid ?? '',
      keyPrint: keyPrint ?? '',
      jti: claims.jti ?? '',
      print: fingerprint(request.token),
    }),
    tier: action === 'view' ? granted : undefined,
    maxHeight: claims.maxHeight,
    ladder: ladderFor(action, claims.ladder),
    untilMs: (claims.exp + skewS) * 1000,
  };
}

/** A grant that only the webhook stands behind. */
export function hookGrant({ action, stream, token }: AccessRequest): Grant {
  const print = token === undefined ? '' : fingerprint(token);
  const credential = credentialName({ kind: 'hook', print });
  return { action, stream, subject: 'anyone', credential, tier: undefined, maxHeight: undefined };
}

/**
 * What is left of a grant by the webhook's word: the stricter of both; its ladder, where it names one. Throws
 * `tier-not-granted`, `unknown-ladder`.
 */
export function limitedGrant(
  grant: Grant,
  said: { readonly answer: WebhookAnswer; readonly request: AccessRequest; readonly nowMs: number },
): Grant {
  const { answer, request, nowMs } = said;
  const tier = answer.tier ?? undefined;
  mustGrantTier(grant.tier, tier);
  mustGrantTier(tier, request.tier);
  return {
    ...grant,
    subject: answer.subject ?? grant.subject,
    tier: request.action === 'view' ? (grant.tier ?? tier) : undefined,
    maxHeight: lower(grant.maxHeight, answer.maxHeight ?? undefined),
    ladder: ladderFor(request.action, answer.ladder ?? undefined) ?? grant.ladder,
    untilMs: lower(grant.untilMs, nowMs + hookPatienceMs),
  };
}

/** Who watches chooses no ladder, whatever else the permission says. */
function ladderFor(action: Action, name: string | undefined): LadderName | undefined {
  if (action !== 'publish' || name === undefined) return undefined;
  const ladder = parseLadder(name);
  if (ladder === undefined) throw unknownLadder(name);
  return ladder;
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** A long-lived token that leaks is a key that nobody can find; such ones are refused from the start. */
function mustBeShortLived({ exp }: Claims, limitS: number, nowMs: number): void {
  if (exp - nowMs / 1000 > limitS + skewS)
    throw tokenInvalid(`it expires later than ${limitS} s from now; make it when it is needed`);
}

function mustBeForDoor({ aud, tier }: Claims, request: AccessRequest): void {
  const wanted: readonly string[] = audiencesFor(request);
  if (aud.some((one) => wanted.includes(one))) return;
  // A token for the other tier is understood and not enough: that is more helpful than "invalid".
  mustGrantTier(tier ?? tierOfAudiences(aud), request.tier);
  throw tokenInvalid(`its audience (aud) must include ${wanted.join(' or ')}`);
}

/** A token for one of the two doors of viewers opens that tier alone. */
function tierOfAudiences(aud: readonly string[]): Tier | undefined {
  if (aud.includes('whep') === aud.includes('hls')) return undefined;
  return aud.includes('whep') ? 'interactive' : 'broadcast';
}

/** What concerns the whole node needs a pattern for every stream. */
function covers(pattern: string, stream: StreamId | undefined): boolean {
  return stream === undefined ? pattern === '*' : globMatches(pattern, stream);
}

function wordOf(action: Action): string {
  switch (action) {
    case 'publish':
      return 'publishing';
    case 'view':
      return 'watching';
    case 'operate':
      return 'operating this node';
  }
}

function streamWord(stream: StreamId | undefined): string {
  return stream === undefined ? 'the whole node' : `the stream "${stream}"`;
}
