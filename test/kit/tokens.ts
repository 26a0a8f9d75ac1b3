import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';

import { authConfig, type AuthConfig } from '#src/auth/config.ts';
import type { AccessRequest } from '#src/core/access.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';

/** Long enough for HS256. */
export const tokenSecret = 'a secret of the tests that is long enough';
/** The instant at which the tests of tokens take place, in milliseconds since 1970. */
export const testNowMs = 1_800_000_000_000;
const nowS = testNowMs / 1000;

/** SHA-256 as settings hold it. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Settings with the test's secret as `kid` "hs" beside whatever else is said. */
export function authSettings(more: Record<string, unknown> = {}): AuthConfig {
  return authConfig.parse({ jwtKeys: [{ kid: 'hs', algorithm: 'HS256', secret: tokenSecret }], ...more });
}

/** Claims of a good token to watch "live"; undefined takes one away. */
export type TestClaims = Readonly<Record<string, unknown>>;

/** How a token is signed. */
export interface TestSigning {
  readonly alg?: string;
  readonly kid?: string | undefined;
  readonly key?: KeyObject | Uint8Array;
}

/** Signs a token: good to watch "live", but for what is said. */
export function signToken(claims: TestClaims = {}, signing: TestSigning = {}): Promise<string> {
  const all: TestClaims = {
    iss: 'frontrow',
    aud: ['whep', 'hls'],
    sub: 'ann',
    act: 'play',
    stream: 'live',
    exp: nowS + 200,
    ...claims,
  };
  const kid = 'kid' in signing ? signing.kid : 'hs';
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(given)
    .setProtectedHeader({ alg: signing.alg ?? 'HS256', ...(kid !== undefined && { kid }) })
    .sign(signing.key ?? Buffer.from(tokenSecret));
}

/** An Ed25519 or P-256 key pair. */
export function keyPair(kind: 'ed25519' | 'p256'): {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
} {
  return kind === 'ed25519'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** A stream's name. */
export function streamNamed(text: string): StreamId {
  const id = parseStreamId(text);
  if (id === undefined) throw new Error(`${text} is no stream name`);
  return id;
}

/** Somebody who wants to watch "live", but for what is said. */
export function accessRequest(more: Partial<AccessRequest> = {}): AccessRequest & { readonly token: string } {
  return {
    action: 'view',
    stream: streamNamed('live'),
    address: '203.0.113.9',
    userAgent: 'test',
    ...more,
    token: more.token ?? '',
  };
}
