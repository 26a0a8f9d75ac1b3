import { describe, expect, test } from 'vitest';
import { type Access, openAccess } from '#src/auth/authorizer.ts';
import { authConfig, type AuthConfig } from '#src/auth/config.ts';
import type { AccessRequest, Grant } from '#src/core/access.ts';
import { silentLog } from '#src/core/log.ts';
import {
  accessRequest,
  authSettings,
  sha256Hex,
  signToken,
  streamNamed,
  testNowMs,
} from '#test/kit/tokens.ts';

const never = new AbortController().signal;
const studio = {
  name: 'studio',
  sha256: sha256Hex('studio-key'),
  stream: 'live*',
  allow: ['publish', 'view'],
};
const usual = { streamKeys: [studio], operateKeys: [{ name: 'ops', sha256: sha256Hex('ops-key') }] };

function accessOf(settings: AuthConfig, loopback = true): Access {
  return openAccess({ log: silentLog, loopback, nowMs: () => testNowMs }, settings);
}
const guarded = (more: Record<string, unknown> = {}): Access => accessOf(authSettings({ ...usual, ...more }));
const ask = (access: Access, more: Partial<AccessRequest>): Promise<Grant> =>
  access.authorize({ ...accessRequest(), token: undefined, ...more }, never);
const refused = (code: string): unknown => expect.objectContaining({ code });

describe('open doors', () => {
  test('on loopback without settings: everybody may do everything', async () => {
    const access = accessOf(authConfig.parse({}));
    expect(access.open).toBe(true);
    for (const action of ['publish', 'view', 'operate'] as const)
      expect(await ask(access, { action })).toMatchObject({ action, subject: 'anyone', credential: 'open' });
    expect(await access.holds(await ask(access, {}), undefined)).toBe(true);
  });

  test('elsewhere only where the settings say so', async () => {
    expect(accessOf(authConfig.parse({ allowOpen: true }), false).open).toBe(true);
    const shut = accessOf(authConfig.parse({}), false);
    expect(shut.open).toBe(false);
    await expect(ask(shut, {})).rejects.toEqual(refused('token-missing'));
  });

  test('shut as soon as there is one key', () => {
    expect(accessOf(authConfig.parse({ ...usual, allowOpen: true })).open).toBe(false);
  });
});

describe('keys', () => {
  test.each<[string, Partial<AccessRequest>, string]>([
    ['none', {}, 'token-missing'],
    ['a wrong one', { token: 'guess' }, 'token-invalid'],
    ['an empty one', { token: '' }, 'token-invalid'],
    ['the hash instead of the key', { token: studio.sha256 }, 'token-invalid'],
    ['one for other streams', { token: 'studio-key', stream: streamNamed('other') }, 'not-allowed'],
    ['one for other acts', { token: 'studio-key', action: 'operate' }, 'not-allowed'],
    ['one to operate', { token: 'ops-key' }, 'not-allowed'],
  ])('%s', async (_what, request, code) => {
    await expect(ask(guarded(), request)).rejects.toEqual(refused(code));
  });

  test('the right one, which its grant names without showing it', async () => {
    const grant = await ask(guarded(), { token: 'studio-key', action: 'publish' });
    expect(grant).toMatchObject({ action: 'publish', subject: 'studio', stream: 'live', tier: undefined });
    expect(JSON.stringify(grant)).not.toMatch(/studio-key/);
    expect(JSON.stringify(grant)).not.toContain(studio.sha256.slice(0, 8));
    const operator = { token: 'ops-key', action: 'operate', stream: undefined } as const;
    expect(await ask(guarded(), operator)).toMatchObject({ subject: 'ops' });
  });

  test("the process's own publishes anything and does nothing else", async () => {
    const access = guarded();
    const own = { token: access.ownKey, stream: streamNamed('elsewhere') };
    expect(await ask(access, { ...own, action: 'publish' })).toMatchObject({ subject: 'this node' });
    for (const action of ['view', 'operate'] as const)
      await expect(ask(access, { ...own, action })).rejects.toEqual(refused('not-allowed'));
    await expect(ask(guarded(), { ...own, action: 'publish' })).rejects.toEqual(refused('token-invalid'));
  });
});

describe('tokens', () => {
  const show = async (
    claims: Record<string, unknown>,
    more: Partial<AccessRequest> = {},
    settings: Record<string, unknown> = {},
  ): Promise<Grant> => ask(guarded(settings), { token: await signToken(claims), ...more });
  const nowS = testNowMs / 1000;
  const publish = { act: 'publish', aud: 'whip' };
  const operate = { act: 'operate', aud: 'operate' };

  test('give what they say', async () => {
    expect(await show({ jti: 'j', maxHeight: 360 }, { tier: 'interactive' })).toEqual({
      action: 'view',
      stream: 'live',
      subject: 'ann',
      credential: expect.stringMatching(/^token:hs:[\w-]{22}:j:[\w-]{22}$/) as unknown,
      tier: undefined,
      maxHeight: 360,
      untilMs: testNowMs + 230_000,
    });
  });

  test('of publishers choose the qualities of LL-HLS, and those of viewers do not', async () => {
    const ladder = { ladder: 'ladder-3' };
    expect(await show({ ...publish, ...ladder }, { action: 'publish' })).toMatchObject(ladder);
    expect((await show(publish, { action: 'publish' })).ladder).toBeUndefined();
    expect((await show({ ladder: 'whatever' })).ladder).toBeUndefined();
    await expect(show({ ...publish, ladder: 'steps"' }, { action: 'publish' })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'unknown-ladder',
      message:
        'there is no ladder "steps?" here; a publisher\'s permission may name passthrough, ladder-2, ladder-3, ladder-4',
    });
  });

  test.each<[string, Record<string, unknown>, Partial<AccessRequest>, string]>([
    ['for another act', publish, {}, 'not-allowed'],
    ['for another stream', { stream: 'l?v' }, {}, 'not-allowed'],
    ['for no stream', { stream: undefined }, {}, 'not-allowed'],
    ['for another door', { aud: 'whip' }, {}, 'token-invalid'],
    ['for the mail', { aud: ['mail'] }, {}, 'token-invalid'],
    ['for the other tier', { tier: 'broadcast' }, { tier: 'interactive' }, 'tier-not-granted'],
    ['for the other door of viewers', { aud: 'hls' }, { tier: 'interactive' }, 'tier-not-granted'],
    ['to watch for an hour', { exp: nowS + 3_600 }, {}, 'token-invalid'],
    ['to publish for a day', { ...publish, exp: nowS + 86_400 }, { action: 'publish' }, 'token-invalid'],
    [
      'to operate one stream',
      { ...operate, stream: 'live' },
      { action: 'operate', stream: undefined },
      'not-allowed',
    ],
  ])('%s are refused', async (_what, claims, request, code) => {
    await expect(show(claims, request)).rejects.toEqual(refused(code));
  });

  test.each<[string, Record<string, unknown>, Partial<AccessRequest>]>([
    ['to publish for twelve hours', { ...publish, exp: nowS + 43_200 }, { action: 'publish' }],
    ['to operate one stream', { ...operate, stream: 'live' }, { action: 'operate' }],
    ['to operate', { ...operate, stream: undefined }, { action: 'operate', stream: undefined }],
  ])('%s are good', async (_what, claims, request) => {
    expect(await show(claims, request)).toMatchObject({ action: request.action });
  });

  test('for one way of watching say so where one asks for the way', async () => {
    expect((await show({ tier: 'broadcast' })).tier).toBe('broadcast');
    expect((await show({ aud: ['whep'] })).tier).toBe('interactive');
    expect((await show({}, {}, { maxViewLifetimeS: 600 })).tier).toBeUndefined();
  });
});

describe('what everybody may watch by the settings', () => {
  test('needs no token, and publishing still does', async () => {
    const access = guarded({ openInteractive: true, openBroadcast: true });
    for (const tier of ['interactive', 'broadcast', undefined] as const)
      expect(await ask(access, { tier })).toMatchObject({ credential: 'open' });
    await expect(ask(access, { action: 'publish' })).rejects.toEqual(refused('token-missing'));
  });

  test('may be one tier: then who asks without a token is sent there', async () => {
    const access = guarded({ openBroadcast: true });
    expect(await ask(access, { tier: 'broadcast', token: 'whatever' })).toMatchObject({ credential: 'open' });
    expect(await ask(access, {})).toMatchObject({ credential: 'open', tier: 'broadcast' });
    await expect(ask(access, { tier: 'interactive' })).rejects.toEqual(refused('token-missing'));
    expect(await ask(access, { token: 'studio-key' })).toMatchObject({ subject: 'studio', tier: undefined });
  });
});

test('a key set or key file that cannot be read stops the start', () => {
  const signingKey = { kid: 'a', algorithm: 'EdDSA', file: '/nonexistent/key.pem' };
  expect(() => guarded({ signingKey })).toThrow(expect.objectContaining({ code: 'bad-auth-key' }));
});
