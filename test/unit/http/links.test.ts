import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { httpConfig } from '#src/http/config.ts';
import { iceLinks } from '#src/http/links.ts';
import { iceServersFromLinks, parseLinkHeader } from '#public/shared/link-header.ts';

const secret = 'known to coturn and us';
const chromium = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0';
const obs = 'Mozilla/5.0 (OBS-Studio/32.2.2; Linux x86_64; en-US)';
const nowMs = Date.UTC(2026, 10, 21);

const settings = (iceServers: readonly object[]): ReturnType<typeof httpConfig.parse> =>
  httpConfig.parse({ iceServers });
const all = settings([
  { url: 'turns:h:5349', secret },
  { url: 'turn:h:3478?transport=tcp', secret },
  { url: 'turn:h:3478?transport=udp', secret, ttlS: 60 },
  { url: 'turn:h:3478', username: 'u', credential: 'p"\\' },
  { url: 'stun:h:3478' },
]);

test('STUN first, then TURN over UDP, over TCP, and TLS last; parameters in the order that players read', () => {
  const links = iceLinks(all, nowMs, chromium);
  expect(links.map((link) => /^<(.*)>/.exec(link)?.[1])).toEqual([
    'stun:h:3478',
    'turn:h:3478?transport=udp',
    'turn:h:3478',
    'turn:h:3478?transport=tcp',
    'turns:h:5349',
  ]);
  expect(links[0]).toBe('<stun:h:3478>; rel="ice-server"');
  expect(links[2]).toBe(
    '<turn:h:3478>; rel="ice-server"; username="u"; credential="p\\"\\\\"; credential-type="password"',
  );
  for (const link of links) expect(link).not.toContain(',');
});

test('a secret gives each answer a login of its own that ends in time and that the TURN server can check', () => {
  const logins = [0, 1].map(() => {
    const [, udp] = iceServersFromLinks(parseLinkHeader(iceLinks(all, nowMs, chromium).join(', ')));
    return udp;
  });
  for (const login of logins) {
    expect(login?.username).toMatch(new RegExp(`^${nowMs / 1000 + 60}:[A-Za-z0-9_-]{12}$`));
    const expected = createHmac('sha1', secret)
      .update(login?.username ?? '')
      .digest('base64');
    expect(login?.credential).toBe(expected);
  }
  expect(logins[0]?.username).not.toBe(logins[1]?.username);
  expect(JSON.stringify(iceLinks(all, nowMs, chromium))).not.toContain(secret);
});

test('OBS hears only of what it can use', () => {
  const links = iceLinks(all, nowMs, obs);
  expect(links.map((link) => /^<([^>?]*)/.exec(link)?.[1])).toEqual([
    'stun:h:3478',
    'turn:h:3478',
    'turn:h:3478',
  ]);
});

test.each([
  ['a comma', { url: 'turn:a,b' }],
  ['another scheme', { url: 'http://a' }],
  ['a host outside ASCII', { url: 'turn:сервер' }],
  ['a secret and a password', { url: 'turn:a', secret, credential: 'p' }],
  ['a secret for STUN', { url: 'stun:a', secret }],
  ['a short secret', { url: 'turn:a', secret: 'short' }],
  ['a life of a second', { url: 'turn:a', secret, ttlS: 1 }],
  ['a password that clients would cut at its comma', { url: 'turn:a', username: 'u', credential: 'p,q' }],
  ['a name that clients would cut at its semicolon', { url: 'turn:a', username: 'u;v', credential: 'p' }],
  ['a password that no header can carry', { url: 'turn:a', username: 'u', credential: 'p\nq' }],
  ['a password outside ASCII', { url: 'turn:a', username: 'u', credential: 'пароль' }],
])('%s is refused by the settings', (_, server) => {
  expect(httpConfig.safeParse({ iceServers: [server] }).success).toBe(false);
});
