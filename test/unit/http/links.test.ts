import { expect, test } from 'vitest';
import { httpConfig } from '#src/http/config.ts';
import { iceServerLinks } from '#src/http/links.ts';

test('one value per server, parameters in the order that players read', () => {
  expect(
    iceServerLinks([
      { url: 'turn:h:3478?transport=udp', username: 'u', credential: 'p"\\' },
      { url: 'stun:h:3478' },
    ]),
  ).toEqual([
    '<turn:h:3478?transport=udp>; rel="ice-server"; username="u"; credential="p\\"\\\\"; credential-type="password"',
    '<stun:h:3478>; rel="ice-server"',
  ]);
});

test('a server that would break the header is refused by the settings', () => {
  expect(httpConfig.safeParse({ iceServers: [{ url: 'turn:a,b' }] }).success).toBe(false);
  expect(httpConfig.safeParse({ iceServers: [{ url: 'http://a' }] }).success).toBe(false);
});
