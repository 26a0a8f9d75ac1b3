import { type AccessRequest, type Authorizer, type Grant, openGrant } from '#src/core/access.ts';
import type { MintedToken, RevokedToken, TokenDesk, TokenWish } from '#src/core/token-desk.ts';
import { type CloseReason, Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { randomBytes } from '#src/core/random.ts';
import { asksForTokens, type AuthConfig } from './config.ts';
import { credentialName, readCredential } from './credential.ts';
import { notAllowed, tokenInvalid, tokenMissing, tokenRevoked } from './failures.ts';
import { grantOfKey, grantOfToken, type HeldKey, heldKeys, hookGrant, limitedGrant } from './holder.ts';
import { type KeySet, remoteKeySet } from './jwks.ts';
import { type KeyRing, readKeyRing } from './keys.ts';
import { mintToken } from './mint.ts';
import { guardedOutbound, type Outbound } from './outbound.ts';
import { fleetingRevocations, type RevocationStore } from './revocations.ts';
import { digestOf, fingerprint, sameDigest } from './secrets.ts';
import { freeTiers, hasLapsed, type Standing } from './standing.ts';
import { verifyToken } from './verify.ts';
import { Webhook } from './webhook.ts';

/** What the access room needs. */
export interface AccessDeps {
  readonly log: Log;
  /** Whether only this machine can reach the HTTP server: then no settings mean open doors. */
  readonly loopback: boolean;
  /** Milliseconds since 1970 as this machine has them now: tokens are of the world's time. */
  readonly nowMs: () => number;
  /** How services of the operator's are called; guarded HTTP by default. */
  readonly outbound?: Outbound;
  /** Tokens that were revoked before, and where others go; in memory by default. */
  readonly revocations?: RevocationStore;
}

/** Everything of the access room: decides, makes and revokes tokens, follows the settings. */
export interface Access extends Authorizer, TokenDesk {
  /** A key that only this process knows; it publishes anything. For the demo source. */
  readonly ownKey: string;
  /** Takes new settings. Sessions of keys that are gone end; a key file that cannot be read changes no token keys. */
  reconfigure(next: AuthConfig): void;
}

/** Opens the access room; throws `bad-auth-key`. */
export function openAccess(deps: AccessDeps, config: AuthConfig): Access {
  return new AccessRoom(deps, config);
}

type RevocationListener = (isRevoked: (grant: Grant) => boolean) => void;

class AccessRoom implements Access {
  readonly #deps: AccessDeps;
  readonly #life = new Lifetime();
  readonly closed: Promise<CloseReason> = this.#life.closed;
  readonly ownKey = randomBytes(24).toBase64Url();
  readonly #ownDigest = digestOf(this.ownKey).toString('hex');
  readonly #revocations: RevocationStore;
  readonly #listeners = new Set<RevocationListener>();
  readonly #outbound: Outbound;
  readonly #webhook: Webhook;
  #config: AuthConfig;
  #keys: readonly HeldKey[];
  #ring: KeyRing;
  #keySet: KeySet | undefined;

  constructor(deps: AccessDeps, config: AuthConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#keys = heldKeys(config);
    this.#ring = readKeyRing(config);
    this.#outbound = deps.outbound ?? guardedOutbound(() => this.#config.allowedHosts);
    this.#webhook = new Webhook({ outbound: this.#outbound, log: deps.log, nowMs: deps.nowMs });
    this.#revocations = deps.revocations ?? fleetingRevocations(deps.nowMs);
    this.#keySet = this.#openKeySet(config.jwksUrl);
    this.#life.defer(() => this.#listeners.clear());
  }

  get open(): boolean {
    return !asksForTokens(this.#config) && (this.#deps.loopback || this.#config.allowOpen);
  }

  async authorize(request: AccessRequest, signal: AbortSignal): Promise<Grant> {
    if (this.open) return openGrant(request.action);
    const free = request.action === 'view' ? this.#freeView(request) : undefined;
    if (free !== undefined) return free;
    const { token } = request;
    if (token !== undefined && sameDigest(digestOf(token), this.#ownDigest)) return this.#ownGrant(request);
    const known = token === undefined ? undefined : await this.#identify({ ...request, token });
    const { webhookUrl, webhookSecret } = this.#config;
    if (webhookUrl === undefined || webhookSecret === undefined || request.action === 'operate') {
      if (known !== undefined) return known.grant;
      throw token === undefined ? tokenMissing() : tokenInvalid('it is no key of this node');
    }
    if (known === undefined && this.#checksTokens) throw tokenMissing();
    const answer = await this.#webhook.ask(
      { request, subject: known?.grant.subject ?? null, claims: known?.claims ?? null },
      { url: webhookUrl, secret: webhookSecret },
      signal,
    );
    return limitedGrant(known?.grant ?? hookGrant(request), { answer, request, nowMs: this.#deps.nowMs() });
  }

  async holds(grant: Grant, token: string | undefined): Promise<boolean> {
    const credential = readCredential(grant.credential);
    if (credential.kind === 'open') return true;
    if (token === undefined) {
      if (this.#config.strictSessions) throw tokenMissing();
      return true;
    }
    // The same credential is good for the session that it opened, also when it has expired since.
    switch (credential.kind) {
      case 'own':
        return sameDigest(digestOf(token), this.#ownDigest);
      case 'hook':
        return credential.print === fingerprint(token);
      case 'key':
        return credential.print === fingerprint(digestOf(token).toString('hex'));
      case 'token':
        return credential.print === fingerprint(token) || this.#isSuccessor(token, grant, credential.jti);
    }
  }

  onRevoked(listener: RevocationListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async mint(wish: TokenWish): Promise<MintedToken> {
    const nowMs = this.#deps.nowMs();
    const minted = await mintToken(wish, { config: this.#config, key: this.#ring.sign, nowMs });
    const { subject, action, stream } = wish;
    this.#deps.log.info({ jti: minted.jti, subject, action, stream }, 'a token was made');
    return minted;
  }

  async revoke(jti: string): Promise<RevokedToken> {
    // Whoever revokes knows the name, not the time: no token that is accepted now has more than this left.
    const { maxPublishLifetimeS, maxViewLifetimeS } = this.#config;
    const untilMs = this.#deps.nowMs() + (Math.max(maxPublishLifetimeS, maxViewLifetimeS) + 60) * 1000;
    this.#revocations.memory.add(jti, untilMs);
    this.#deps.log.info({ jti }, 'a token was revoked');
    this.#tellRevoked();
    return { untilMs, survivesRestart: await this.#revocations.save() };
  }

  reconfigure(next: AuthConfig): void {
    const before = this.#config;
    this.#config = next;
    this.#keys = heldKeys(next);
    try {
      this.#ring = readKeyRing(next);
    } catch (error) {
      this.#deps.log.error(
        { problem: String(error) },
        'a key of the settings cannot be used; token keys stay as they were',
      );
    }
    if (before.jwksUrl !== next.jwksUrl) this.#keySet = this.#openKeySet(next.jwksUrl);
    if (!asksForTokens(next) && !this.open)
      this.#deps.log.warn({}, 'no key and no token is set any more: nobody gets in until there is one');
    this.#tellRevoked();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  #openKeySet(url: string | undefined): KeySet | undefined {
    return url === undefined
      ? undefined
      : remoteKeySet(url, { outbound: this.#outbound, log: this.#deps.log });
  }

  /** Whether this node can tell a good token from a bad one, so that the webhook need not be asked about bad ones. */
  get #checksTokens(): boolean {
    return this.#ring.verify.size > 0 || this.#keySet !== undefined;
  }

  /** What everybody gets, by the settings, for a request to watch; undefined where a token is needed. */
  #freeView({ tier, token }: AccessRequest): Grant | undefined {
    const free = freeTiers(this.#config);
    if (tier === undefined ? free.length === 2 : free.includes(tier)) return openGrant('view');
    // Who asks where to sit and has no token is sent to the free seats; with a token, that decides.
    if (tier !== undefined || token !== undefined || free[0] === undefined) return undefined;
    return { ...openGrant('view'), tier: free[0] };
  }

  #ownGrant({ action, stream }: AccessRequest): Grant {
    if (action !== 'publish') throw notAllowed('this key is not for that');
    const credential = credentialName({ kind: 'own' });
    return { action, stream, subject: 'this node', credential, tier: undefined, maxHeight: undefined };
  }

  /** What a credential that this node can check gives; undefined for one that it cannot. */
  async #identify(
    request: AccessRequest & { readonly token: string },
  ): Promise<
    { readonly grant: Grant; readonly claims: Readonly<Record<string, unknown>> | null } | undefined
  > {
    const key = this.#keyOf(request.token);
    if (key !== undefined) return { grant: grantOfKey(key, request), claims: null };
    if (!this.#checksTokens) return undefined;
    const verified = await this.#verify(request.token);
    const { jti } = verified.claims;
    if (jti !== undefined && this.#revocations.memory.has(jti)) throw tokenRevoked();
    const grant = grantOfToken(verified, request, { config: this.#config, nowMs: this.#deps.nowMs() });
    return { grant, claims: verified.claims };
  }

  /** Looks at every key, so that the time tells nothing about which one it was nearly. */
  #keyOf(token: string): HeldKey | undefined {
    const digest = digestOf(token);
    let found: HeldKey | undefined;
    for (const key of this.#keys) if (sameDigest(digest, key.sha256)) found = key;
    return found;
  }

  #verify(token: string): ReturnType<typeof verifyToken> {
    const { issuer } = this.#config;
    return verifyToken(token, { ring: this.#ring, keySet: this.#keySet, issuer, nowMs: this.#deps.nowMs });
  }

  /** Whether another token speaks for the same holder: the same `jti`, or the same `sub` for the same kind of act. */
  async #isSuccessor(token: string, grant: Grant, jti: string): Promise<boolean> {
    const request = { ...grant, token, stream: grant.stream, tier: undefined, address: '', userAgent: '' };
    const other = (await this.#identify(request))?.grant;
    if (other === undefined) return false;
    const credential = readCredential(other.credential);
    if (credential.kind !== 'token') return false;
    return other.subject === grant.subject || (jti !== '' && credential.jti === jti);
  }

  #tellRevoked(): void {
    // What is revoked is looked up anew each time: who keeps the question for later gets the answer of then.
    const isRevoked = (grant: Grant): boolean => hasLapsed(grant, this.#standing());
    for (const listener of this.#listeners) listener(isRevoked);
  }

  #standing(): Standing {
    return {
      config: this.#config,
      open: this.open,
      keys: this.#keys,
      ring: this.#ring,
      hasKeySet: this.#keySet !== undefined,
      revocations: this.#revocations.memory,
    };
  }
}
