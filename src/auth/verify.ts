import { decodeProtectedHeader, errors, jwtVerify, type JWTVerifyOptions } from 'jose';
import type { KeyObject } from 'node:crypto';
import { Failure } from '#src/core/failure.ts';
import { type Claims, claimsSchema } from './claims.ts';
import { tokenExpired, tokenInvalid } from './failures.ts';
import type { KeySet } from './jwks.ts';
import type { KeyRing } from './keys.ts';

/** A token that is genuine and of now. */
export interface VerifiedToken {
  readonly claims: Claims;
  /** The key of the settings that signed it; undefined for one of the JWKS. */
  readonly kid: string | undefined;
  /** Which key of that name it was; undefined for one of the JWKS. */
  readonly keyPrint: string | undefined;
}

/** What tokens are checked against. */
export interface VerifierDeps {
  readonly ring: KeyRing;
  readonly keySet: KeySet | undefined;
  readonly issuer: string;
  readonly nowMs: () => number;
}

/** Clocks of two machines differ. */
export const skewS = 30;
/** Ours have a few hundred; longer ones are refused before anything is parsed. */
export const maxTokenChars = 8_192;
/** Algorithms by the name in the header; RFC 9864 calls EdDSA over Ed25519 by its curve. */
const algorithmNamed: Readonly<Record<string, string>> = {
  EdDSA: 'EdDSA',
  Ed25519: 'EdDSA',
  ES256: 'ES256',
  HS256: 'HS256',
};

/** Checks signature, issuer and times (RFC 7519 section 7.2, RFC 8725). Throws `token-invalid`, `token-expired`, `jwks-unavailable`. */
export async function verifyToken(token: string, deps: VerifierDeps): Promise<VerifiedToken> {
  const { ring, keySet, issuer, nowMs } = deps;
  const found = findKey(token, ring, keySet);
  const options: JWTVerifyOptions = {
    algorithms: found.algorithms,
    issuer,
    clockTolerance: skewS,
    currentDate: new Date(nowMs()),
    requiredClaims: ['exp', 'aud', 'sub'],
  };
  try {
    const { payload } =
      found.key === undefined
        ? await jwtVerify(token, found.keySet.find, options)
        : await jwtVerify(token, found.key, options);
    const claims = claimsSchema.safeParse(payload);
    if (claims.success) return { claims: claims.data, kid: found.kid, keyPrint: found.print };
    const wrong = claims.error.issues.map((issue) => issue.path.join('.'));
    throw tokenInvalid(
      `its claims ${[...new Set(wrong)].join(', ')} are missing or not as docs/tokens.md has them`,
    );
  } catch (error) {
    throw failureOf(error);
  }
}

type FoundKey =
  | {
      readonly key: KeyObject;
      readonly kid: string;
      readonly print: string;
      readonly algorithms: string[];
    }
  | {
      readonly key: undefined;
      readonly kid: undefined;
      readonly print: undefined;
      readonly keySet: KeySet;
      readonly algorithms: string[];
    };

/** The one key that may have signed it, and the algorithms that this key is for: the token itself has no say. */
function findKey(token: string, ring: KeyRing, keySet: KeySet | undefined): FoundKey {
  const { alg, kid } = headerOf(token);
  const algorithm = algorithmNamed[alg];
  if (algorithm === undefined) throw tokenInvalid('it must be signed with EdDSA, ES256 or HS256');
  const key = kid === undefined ? onlyKey(ring, algorithm) : ring.verify.get(kid);
  if (key !== undefined && key.algorithm === algorithm)
    return { key: key.key, kid: key.kid, print: key.print, algorithms: [alg] };
  // Secrets are never published, so a key set has none.
  if (key === undefined && keySet !== undefined && algorithm !== 'HS256')
    return { key: undefined, kid: undefined, print: undefined, keySet, algorithms: [alg] };
  throw tokenInvalid('no key of this node has signed it');
}

/** Issuers with a single key often leave `kid` out. */
function onlyKey(ring: KeyRing, algorithm: string): ReturnType<KeyRing['verify']['get']> {
  const fitting = [...ring.verify.values()].filter((key) => key.algorithm === algorithm);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function headerOf(token: string): { readonly alg: string; readonly kid: string | undefined } {
  if (token.length > maxTokenChars) throw tokenInvalid(`it is longer than ${maxTokenChars} characters`);
  let header: { readonly alg?: unknown; readonly kid?: unknown };
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw tokenInvalid('it is neither a key of this node nor a signed token (JWT)');
  }
  const { alg, kid } = header;
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string'))
    throw tokenInvalid('its header is not that of a signed token');
  return { alg: Object.hasOwn(algorithmNamed, alg) ? alg : '', kid };
}

function failureOf(error: unknown): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof errors.JWTExpired) return tokenExpired();
  if (error instanceof errors.JWTClaimValidationFailed)
    return tokenInvalid(
      error.claim === 'nbf' ? 'it is not valid yet (nbf)' : `its claim ${error.claim} is missing or wrong`,
    );
  if (error instanceof errors.JOSEError) return tokenInvalid('its signature or form is wrong');
  return error;
}
