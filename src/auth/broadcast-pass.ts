import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Grant, openCredential } from '#src/core/access.ts';
import type { BroadcastPass, PassDesk, PassDoor } from '#src/core/pass-desk.ts';
import type { Failure } from '#src/core/failure.ts';
import { hlsFolderName } from '#src/core/hls-folder.ts';
import type { StreamId } from '#src/core/ids.ts';
import { randomBytes } from '#src/core/random.ts';
import type { AuthConfig } from './config.ts';
import { passExpired, passInvalid, passKeyUnknown } from './failures.ts';
import { digestOf, sameDigest } from './secrets.ts';
import { freeTiers } from './standing.ts';

type PassSettings = Pick<
  AuthConfig,
  'passKeys' | 'passLifetimeS' | 'edgeKeys' | 'openBroadcast' | 'openInteractive'
>;

/** What passes are made and checked by. */
export interface PassDeps {
  /** Settings as they are now. */
  readonly settings: () => PassSettings;
  /** Whether nobody is asked for anything. */
  readonly open: () => boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Ends of passes fall on these, so that viewers who come together have the same pass and share what caches keep of its URLs. */
const graceS = 60;
/** Cookies are small; a longer name is cut. */
const maxHolderBytes = 96;
/** `{exp}.{kid}.{mac}`, in cookies with `.{subject}`; seconds since 1970, name of the key, HMAC-SHA256, base64url. */
const passText = /^(\d{10,12})\.([\w-]{1,32})\.([0-9a-f]{64})(?:\.([\w-]{1,128}))?$/;

/** Opens the desk of passes for LL-HLS and recordings. */
export function openPassDesk(deps: PassDeps): PassDesk {
  return new Desk(deps);
}

/**
 * What is signed: the folder that a pass opens, its end and its holder ('' in paths), a line each. Caches that check for
 * themselves put the same text together, so it never changes its form.
 */
export function signedText(
  folder: string,
  endS: number | string,
  subject: string,
  door: PassDoor = 'hls',
): string {
  return `/${door}/${folder}/\n${endS}\n${subject}`;
}

class Desk implements PassDesk {
  readonly #deps: PassDeps;
  /** For where the settings have no key. Its name changes with it: a pass of another process is strange, not forged. */
  readonly #own = {
    kid: `own-${randomBytes(4).toBase64Url()}`,
    key: createSecretKey(randomBytes(32).bytes),
  };
  #readFrom: PassSettings['passKeys'] = [];
  #keys: ReadonlyMap<string, KeyObject> = new Map([[this.#own.kid, this.#own.key]]);

  constructor(deps: PassDeps) {
    this.#deps = deps;
  }

  isNeedless(door: PassDoor): boolean {
    const free = freeTiers(this.#deps.settings());
    // Who may watch a stream in any way may watch its recordings.
    return this.#deps.open() || (door === 'hls' ? free.includes('broadcast') : free.length > 0);
  }

  issue(
    stream: StreamId,
    { action, credential, tier, subject, maxHeight }: Grant,
    door: PassDoor = 'hls',
  ): BroadcastPass | undefined {
    if (this.isNeedless(door) || credential === openCredential) return undefined;
    if (action !== 'view' || (door === 'hls' && tier === 'interactive')) return undefined;
    const [signing] = this.#ring();
    if (signing === undefined) return undefined;
    const [kid, key] = signing;
    const { passLifetimeS } = this.#deps.settings();
    const endS = Math.ceil((this.#deps.nowMs() / 1000 + passLifetimeS) / graceS) * graceS;
    const holder = Buffer.from(subject).subarray(0, maxHolderBytes).toString('base64url');
    const folder = door === 'hls' ? hlsFolderName(stream, maxHeight) : stream;
    const sign = (of: string): string => macOf(key, signedText(folder, endS, of, door)).toString('hex');
    return {
      folder,
      path: `${endS}.${kid}.${sign('')}`,
      cookie: `${endS}.${kid}.${sign(holder)}.${holder}`,
      untilMs: endS * 1000,
    };
  }

  read(folder: string, pass: string, door: PassDoor = 'hls'): number | Failure {
    const [, end = '', kid = '', mac = '', subject = ''] = passText.exec(pass) ?? [];
    if (mac === '') return passInvalid('it is not of the form that passes have');
    const key = this.#ring().get(kid);
    if (key === undefined) return passKeyUnknown();
    if (!timingSafeEqual(macOf(key, signedText(folder, end, subject, door)), Buffer.from(mac, 'hex')))
      return passInvalid('it is for something else (a stream, a height, recordings), or was changed');
    const untilMs = Number(end) * 1000;
    return this.#deps.nowMs() < untilMs ? untilMs : passExpired();
  }

  edgeOf(key: string): string | undefined {
    const digest = digestOf(key);
    return this.#deps.settings().edgeKeys.find(({ sha256 }) => sameDigest(digest, sha256))?.name;
  }

  /** The keys by name, the one that signs first. */
  #ring(): ReadonlyMap<string, KeyObject> {
    const { passKeys } = this.#deps.settings();
    if (passKeys !== this.#readFrom) {
      this.#readFrom = passKeys;
      const keys = passKeys.map(({ kid, secret }) => [kid, createSecretKey(secret, 'utf8')] as const);
      this.#keys = new Map(keys.length > 0 ? keys : [[this.#own.kid, this.#own.key]]);
    }
    return this.#keys;
  }
}

function macOf(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
