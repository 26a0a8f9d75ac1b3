import { expect, test } from 'vitest';
import type { IncomingMessage } from 'node:http';
import { addressKey, clientAddress } from '#src/http/limits-address.ts';

test('an IPv4 address counts for itself, in whichever form it comes', () => {
  expect(addressKey('192.0.2.7')).toBe('192.0.2.7');
  expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(addressKey('192.0.2.8')).not.toBe(addressKey('192.0.2.7'));
});

test('an IPv6 address counts for its /64', () => {
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe(addressKey('2001:db8:1:2::9'));
  expect(addressKey('2001:db8:1:2::9%eth0')).toBe(addressKey('2001:db8:1:2::9'));
  expect(addressKey('2001:db8:1:3::9')).not.toBe(addressKey('2001:db8:1:2::9'));
});

test('what is no address counts together', () => {
  expect(addressKey('')).toBe(addressKey('unix:/somewhere'));
});

test.each([
  [0, '203.0.113.1', '127.0.0.1'],
  [1, undefined, '127.0.0.1'],
  [1, '', '127.0.0.1'],
  [1, '203.0.113.1', '203.0.113.1'],
  [1, 'forged, 203.0.113.1', '203.0.113.1'],
  [2, 'forged,203.0.113.1 , 10.0.0.1', '203.0.113.1'],
  [2, '203.0.113.1', '203.0.113.1'],
  [1, ' , 203.0.113.1,, ', '203.0.113.1'],
])('behind %i proxies that say %j the client is %s', (proxies, forwarded, address) => {
  const request = { socket: { remoteAddress: '127.0.0.1' }, headers: { 'x-forwarded-for': forwarded } };
  expect(clientAddress(request as unknown as IncomingMessage, proxies)).toBe(address);
});
