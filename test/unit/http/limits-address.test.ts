import { expect, test } from 'vitest';
import { addressKey } from '#src/http/limits-address.ts';

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
