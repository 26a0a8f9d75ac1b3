import { describe, expect, test } from 'vitest';
import { type Access, openAccess } from '#src/auth/authorizer.ts';
import { authConfig, type AuthConfig } from '#src/auth/config.ts';
import { type AccessRequest, type Grant, openGrant } from '#src/core/access.ts';
import { silentLog } from '#src/core/log.ts';
import { accessRequest, authSettings, sha256Hex, signToken, testNowMs } from '#test/kit/tokens.ts';

const never = new AbortController().signal;
const keyed = (name: string, more: object = {}): object => ({
  name,
  sha256: sha256Hex(`${name}-key`),
  allow: ['publish', 'view'],
  ...more,
});

function roomOf(settings: AuthConfig): { readonly access: Access; clock: { nowMs: number } } {
  const clock = { nowMs: testNowMs };
  const access = openAccess({ log: silentLog, loopback: true, nowMs: () => clock.nowMs }, settings);
  return { access, clock };
}
const settings = (more: Record<string, unknown> = {}): AuthConfig =>
  authSettings({ streamKeys: [keyed('studio'), keyed('second')], ...more });
const grantFor = (access: Access, token: string, more: Partial<AccessRequest> = {}): Promise<Grant> =>
  access.authorize(accessRequest({ token, ...more }), never);

describe('who may end a session', () => {
  test('the same key, and no other', async () => {
    const { access } = roomOf(settings());
    const grant = await grantFor(access, 'studio-key');
    expect(await access.holds(grant, 'studio-key')).toBe(true);
    expect(await access.holds(grant, 'second-key')).toBe(false);
    expect(await access.holds(grant, 'guess')).toBe(false);
  });

  test('the same token, also when it has expired since; its successor; nobody else', async () => {
    const { access, clock } = roomOf(settings());
    const token = await signToken({ jti: 'one' });
    const grant = await grantFor(access, token);
    clock.nowMs += 3_600_000;
    const later = { exp: clock.nowMs / 1000 + 60 };
    expect(await access.holds(grant, token)).toBe(true);
    expect(await access.holds(grant, await signToken({ ...later, jti: 'two' }))).toBe(true);
    expect(await access.holds(grant, await signToken({ ...later, sub: 'eve', jti: 'one' }))).toBe(true);
    expect(await access.holds(grant, await signToken({ ...later, sub: 'eve' }))).toBe(false);
    expect(await access.holds(grant, 'studio-key')).toBe(false);
    await expect(
      access.holds(grant, await signToken({ jti: 'one', sub: 'ann', exp: 1 })),
    ).rejects.toMatchObject({
      code: 'token-expired',
    });
    const forged = await signToken(later, { key: Buffer.alloc(32, 7) });
    await expect(access.holds(grant, forged)).rejects.toMatchObject({ code: 'token-invalid' });
  });

  test('whoever has its URL, unless the settings are strict', async () => {
    const relaxed = roomOf(settings()).access;
    expect(await relaxed.holds(await grantFor(relaxed, 'studio-key'), undefined)).toBe(true);
    const strict = roomOf(settings({ strictSessions: true })).access;
    const grant = await grantFor(strict, 'studio-key');
    await expect(strict.holds(grant, undefined)).rejects.toMatchObject({ code: 'token-missing' });
    expect(await strict.holds(grant, 'studio-key')).toBe(true);
    expect(await strict.holds(openGrant('view'), undefined)).toBe(true);
  });
});

describe('taking back', () => {
  /** Grants of which the room says that they are no longer good. */
  function lapsed(access: Access, grants: Readonly<Record<string, Grant>>): () => readonly string[] {
    let isRevoked: (grant: Grant) => boolean = () => false;
    access.onRevoked((question) => (isRevoked = question));
    return () => Object.keys(grants).filter((name) => isRevoked(grants[name] ?? openGrant('view')));
  }

  test('a token by its jti: it is refused, its grants lapse, others stay', async () => {
    const { access } = roomOf(settings());
    const [mine, other, nameless] = [
      await signToken({ jti: 'mine' }),
      await signToken({ jti: 'other' }),
      await signToken(),
    ];
    const grants = {
      mine: await grantFor(access, mine),
      other: await grantFor(access, other),
      nameless: await grantFor(access, nameless),
    };
    const gone = lapsed(access, grants);
    const { untilMs, survivesRestart } = await access.revoke('mine');
    expect(untilMs).toBeGreaterThan(testNowMs + 43_200_000);
    expect(survivesRestart).toBe(false);
    expect(gone()).toEqual(['mine']);
    await expect(grantFor(access, mine)).rejects.toMatchObject({ code: 'token-revoked' });
    await grantFor(access, other);
  });

  test('a key by removing, replacing or narrowing it; widening it takes nothing back', async () => {
    const { access } = roomOf(settings());
    const grants = {
      studio: await grantFor(access, 'studio-key'),
      second: await grantFor(access, 'second-key'),
    };
    const gone = lapsed(access, grants);
    const now = (...streamKeys: object[]): readonly string[] => {
      access.reconfigure(settings({ streamKeys }));
      return gone();
    };
    expect(now(keyed('studio'), keyed('second', { stream: 'l*' }), keyed('third'))).toEqual([]);
    expect(now(keyed('second'))).toEqual(['studio']);
    expect(now({ ...keyed('studio'), sha256: sha256Hex('new') }, keyed('second'))).toEqual(['studio']);
    expect(now(keyed('studio', { stream: 'other' }), keyed('second'))).toEqual(['studio']);
    expect(now(keyed('studio', { allow: ['publish'] }), keyed('second'))).toEqual(['studio']);
    expect(now(keyed('studio'), keyed('second'))).toEqual([]);
    await grantFor(access, 'studio-key');
  });

  test('a key that signs', async () => {
    const { access } = roomOf(settings());
    const grant = await grantFor(access, await signToken({}));
    const gone = lapsed(access, { grant });
    access.reconfigure(settings({ jwtKeys: [] }));
    expect(gone()).toEqual(['grant']);
    await expect(grantFor(access, await signToken({}))).rejects.toMatchObject({ code: 'token-invalid' });
  });

  test('a key that signs, by another one of the same kid', async () => {
    const keyed = (kid: string, secret: string): object => ({ kid, algorithm: 'HS256', secret });
    const [one, two, leaked] = ['1', '2', '3'].map((letter) => letter.repeat(40)) as [string, string, string];
    const { access } = roomOf(settings({ jwtKeys: [keyed('a', leaked), keyed('b', two)] }));
    const signed = (kid: string, secret: string): Promise<string> =>
      signToken({}, { kid, key: Buffer.from(secret) });
    const grants = {
      leaked: await grantFor(access, await signed('a', leaked)),
      two: await grantFor(access, await signed('b', two)),
    };
    const gone = lapsed(access, grants);
    access.reconfigure(settings({ jwtKeys: [keyed('b', two), keyed('a', leaked)] }));
    expect(gone()).toEqual([]);
    access.reconfigure(settings({ jwtKeys: [keyed('a', one), keyed('b', two)] }));
    expect(gone()).toEqual(['leaked']);
  });

  test('open doors: the first key ends what was opened without any, but for what stays open', async () => {
    const { access } = roomOf(authConfig.parse({}));
    const grants = {
      publish: await grantFor(access, '', { action: 'publish' }),
      view: await grantFor(access, ''),
      own: await access.authorize(accessRequest({ action: 'publish', token: access.ownKey }), never),
    };
    const gone = lapsed(access, grants);
    access.reconfigure(settings({ openBroadcast: true }));
    expect(gone()).toEqual(['publish', 'own']);
    access.reconfigure(settings());
    expect(gone()).toEqual(['publish', 'view', 'own']);
  });

  test('settings with a bad key file keep the token keys of before, and stream keys change all the same', async () => {
    const { access } = roomOf(settings());
    const signingKey = { kid: 'a', algorithm: 'EdDSA', file: '/nonexistent/key.pem' };
    access.reconfigure(settings({ streamKeys: [], signingKey }));
    await grantFor(access, await signToken({}));
    await expect(grantFor(access, 'studio-key')).rejects.toMatchObject({ code: 'token-invalid' });
  });

  test('who stopped listening hears nothing', async () => {
    const { access } = roomOf(settings());
    let heard = 0;
    const listening = access.onRevoked(() => heard++);
    await access.revoke('a');
    listening[Symbol.dispose]();
    await access.revoke('b');
    expect(heard).toBe(1);
  });
});
