import { describe, expect, test } from 'vitest';
import { authConfig } from '#src/auth/config.ts';
import { isLoopback, mustBeGuarded } from '#src/auth/exposure.ts';
import { sha256Hex, tokenSecret } from '#test/kit/tokens.ts';

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.5', false],
  ['fe80::1%eth0', false],
  ['example.org', false],
])('%s: only this machine %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});

describe('listening where others reach us', () => {
  const refused: unknown = expect.objectContaining({ code: 'open-to-the-network', kind: 'forbidden' });

  test('is refused while nobody would be asked, and the message names the ways out', () => {
    const open = authConfig.parse({});
    expect(() => mustBeGuarded('127.0.0.1', open)).not.toThrow();
    expect(() => mustBeGuarded('::', open)).toThrow(refused);
    for (const words of [
      'auth.streamKeys',
      'FRONTROW_AUTH__ALLOW_OPEN=true',
      'FRONTROW_HTTP__ADDRESS=127.0.0.1',
    ])
      expect(() => mustBeGuarded('::', open)).toThrow(words);
  });

  test.each([
    [{ allowOpen: true }],
    [{ streamKeys: [{ name: 'a', sha256: sha256Hex('a') }] }],
    [{ operateKeys: [{ name: 'a', sha256: sha256Hex('a') }] }],
    [{ signingKey: { kid: 'a', algorithm: 'HS256', secret: tokenSecret } }],
    [{ jwtKeys: [{ kid: 'a', algorithm: 'HS256', secret: tokenSecret }] }],
    [{ jwksUrl: 'https://issuer.example/jwks' }],
    [{ webhookUrl: 'https://hook.example/', webhookSecret: tokenSecret }],
  ])('is fine with %j', (settings) => {
    expect(() => mustBeGuarded('0.0.0.0', authConfig.parse(settings))).not.toThrow();
  });

  test('opening viewing alone is no guard: publishing would be open too', () => {
    const config = authConfig.parse({ openBroadcast: true, openInteractive: true });
    expect(() => mustBeGuarded('0.0.0.0', config)).toThrow(refused);
  });
});
