import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorCode } from '#src/core/error-code.ts';
import type { AuthConfig, SigningKey, VerifyKey } from './config.ts';
import { badKey } from './failures.ts';
import { fingerprint } from './secrets.ts';

/** What signs or checks tokens. */
export type Algorithm = SigningKey['algorithm'];

/** A key that is good for exactly one algorithm, so that a token cannot choose how its signature is looked at. */
export interface TokenKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** A key that tokens are checked with. */
export interface CheckingKey extends TokenKey {
  /** Another key of the same `kid` has another: what the old one signed was taken back. */
  readonly print: string;
}

/** The keys of the settings. */
export interface KeyRing {
  /** By `kid`. */
  readonly verify: ReadonlyMap<string, CheckingKey>;
  readonly sign: TokenKey | undefined;
}

/** Far above any key. */
const maxKeyFileBytes = 65_536;

/**
 * Reads every key of the settings, files included: a few small ones, at start and when the settings change. Throws
 * `bad-auth-key`, which names the setting and never shows any of the key.
 */
export function readKeyRing(config: Pick<AuthConfig, 'jwtKeys' | 'signingKey'>): KeyRing {
  const verify = new Map<string, CheckingKey>();
  const add = (setting: string, key: TokenKey): void => {
    if (verify.has(key.kid)) throw badKey(setting, `there are two keys with the kid "${key.kid}"`);
    verify.set(key.kid, { ...key, print: printOf(key.key) });
  };
  for (const entry of config.jwtKeys) add(`auth.jwtKeys "${entry.kid}"`, readVerifyKey(entry));
  if (config.signingKey === undefined) return { verify, sign: undefined };
  const sign = readSigningKey(config.signingKey);
  // Tokens that are signed here are good here.
  const key = sign.algorithm === 'HS256' ? sign.key : createPublicKey(sign.key);
  add('auth.signingKey', { ...sign, key });
  return { verify, sign };
}

function printOf(key: KeyObject): string {
  return fingerprint(key.type === 'secret' ? key.export() : key.export({ type: 'spki', format: 'der' }));
}

function readVerifyKey({ kid, algorithm, secret, key, file }: VerifyKey): TokenKey {
  const setting = `auth.jwtKeys "${kid}"`;
  if (secret !== undefined) return { kid, algorithm, key: createSecretKey(secret, 'utf8') };
  const source = file === undefined ? key : readKeyFile(setting, file);
  return { kid, algorithm, key: publicKey(setting, { algorithm, source }) };
}

function readSigningKey({ kid, algorithm, secret, file }: SigningKey): TokenKey {
  const setting = 'auth.signingKey';
  if (secret !== undefined) return { kid, algorithm, key: createSecretKey(secret, 'utf8') };
  const text = readKeyFile(setting, file ?? '');
  const key = understood(setting, () => {
    const jwk = jwkOf(text);
    return createPrivateKey(jwk === undefined ? text : { key: jwk, format: 'jwk' });
  });
  mustFit(setting, algorithm, key);
  return { kid, algorithm, key };
}

function publicKey(
  setting: string,
  { algorithm, source }: { readonly algorithm: Algorithm; readonly source: VerifyKey['key'] },
): KeyObject {
  const key = understood(setting, () => {
    if (typeof source === 'object') return createPublicKey({ key: source, format: 'jwk' });
    const text = source ?? '';
    const jwk = jwkOf(text);
    return createPublicKey(jwk === undefined ? text : { key: jwk, format: 'jwk' });
  });
  mustFit(setting, algorithm, key);
  return key;
}

/** Errors of the parser may quote what they could not read, so they are not repeated. */
function understood(setting: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw badKey(
      setting,
      'this is no key; it must be PEM or a JWK, public for checking and private for signing',
    );
  }
}

function mustFit(setting: string, algorithm: Algorithm, key: KeyObject): void {
  const fits =
    algorithm === 'EdDSA'
      ? key.asymmetricKeyType === 'ed25519'
      : key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!fits)
    throw badKey(setting, `${algorithm} needs ${algorithm === 'EdDSA' ? 'an Ed25519' : 'a P-256'} key`);
}

function jwkOf(text: string): JsonWebKey | undefined {
  return text.trimStart().startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined;
}

function readKeyFile(setting: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error) ?? 'unreadable';
    throw badKey(setting, `${file} cannot be read (${code})`);
  }
  if (text.length > maxKeyFileBytes) throw badKey(setting, `${file} is too long for a key`);
  return text;
}
