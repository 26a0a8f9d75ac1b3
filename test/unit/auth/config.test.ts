import { expect, test } from 'vitest';
import { asksForTokens, authConfig } from '#src/auth/config.ts';
import { sha256Hex, tokenSecret } from '#test/kit/tokens.ts';

const key = { name: 'studio', sha256: sha256Hex('k') };

test('nothing is asked for by default, and everything that could open something is shut', () => {
  const config = authConfig.parse({});
  expect(asksForTokens(config)).toBe(false);
  expect(config).toMatchObject({
    allowOpen: false,
    openInteractive: false,
    openBroadcast: false,
    strictSessions: false,
    maxPublishLifetimeS: 43_200,
    maxViewLifetimeS: 300,
  });
});

test('a stream key publishes any stream unless it says otherwise', () => {
  expect(authConfig.parse({ streamKeys: [key] }).streamKeys).toEqual([
    { ...key, stream: '*', allow: ['publish'] },
  ]);
});

test.each([
  ['a key in the clear', { streamKeys: [{ name: 'studio', key: 'secret' }] }],
  ['a key where its hash belongs', { streamKeys: [{ name: 'studio', sha256: 'secret' }] }],
  ['two keys of one name', { streamKeys: [key, key] }],
  ['a pattern that is none', { streamKeys: [{ ...key, stream: 'a/*' }] }],
  ['a key for nothing', { streamKeys: [{ ...key, allow: [] }] }],
  ['a key to operate among stream keys', { streamKeys: [{ ...key, allow: ['operate'] }] }],
  ['a short secret', { jwtKeys: [{ kid: 'a', algorithm: 'HS256', secret: 'short' }] }],
  ['a secret for EdDSA', { jwtKeys: [{ kid: 'a', algorithm: 'EdDSA', secret: tokenSecret }] }],
  ['a public key for HS256', { jwtKeys: [{ kid: 'a', algorithm: 'HS256', key: 'PEM' }] }],
  ['two sources of one key', { jwtKeys: [{ kid: 'a', algorithm: 'EdDSA', key: 'PEM', file: 'f' }] }],
  ['another algorithm', { jwtKeys: [{ kid: 'a', algorithm: 'RS256', key: 'PEM' }] }],
  ['a kid like a path', { jwtKeys: [{ kid: '../a', algorithm: 'HS256', secret: tokenSecret }] }],
  ['a secret to sign EdDSA with', { signingKey: { kid: 'a', algorithm: 'EdDSA', secret: tokenSecret } }],
  ['a webhook without a secret', { webhookUrl: 'https://hook.example/' }],
  ['a key set in a file', { jwksUrl: 'file:///etc/passwd' }],
  ['an unknown setting', { streamKey: [] }],
])('%s is refused', (_what, settings) => {
  expect(authConfig.safeParse(settings).success).toBe(false);
});
