import { expect, test } from 'vitest';

import { advertisedAddresses, type AddressSources } from '#src/rtc/addresses.ts';

const sources: AddressSources = {
  interfaces: () => ({
    lo: [
      { address: '127.0.0.1', family: 'IPv4', internal: true },
      { address: '::1', family: 'IPv6', internal: true },
    ],
    eth0: [
      { address: 'fe80::1', family: 'IPv6', internal: false },
      { address: '2001:db8::5', family: 'IPv6', internal: false },
      { address: '192.0.2.5', family: 'IPv4', internal: false },
    ],
    eth1: [
      { address: '169.254.3.4', family: 'IPv4', internal: false },
      { address: '198.51.100.7', family: 'IPv4', internal: false },
    ],
    gone: undefined,
  }),
  lookup: (host) => Promise.resolve(host === 'media.example' ? ['2001:db8::9', '203.0.113.9'] : []),
};

test("the machine's own addresses, loopback last, nothing link-local", async () => {
  expect(await advertisedAddresses({ addresses: [] }, sources)).toEqual([
    '192.0.2.5',
    '198.51.100.7',
    '2001:db8::5',
    '127.0.0.1',
  ]);
  expect(await advertisedAddresses({ addresses: [] }, { ...sources, interfaces: () => ({}) })).toEqual([
    '127.0.0.1',
  ]);
  expect(await advertisedAddresses({ addresses: [] })).toContain('127.0.0.1');
});

test('configured ones replace them, in their order, IPv4 first, names resolved', async () => {
  expect(
    await advertisedAddresses({ addresses: ['127.0.0.1', 'media.example', '192.0.2.1'] }, sources),
  ).toEqual(['127.0.0.1', '203.0.113.9', '192.0.2.1', '2001:db8::9']);
});

test('a name that resolves to nothing stops the start', async () => {
  await expect(advertisedAddresses({ addresses: ['nowhere.invalid'] }, sources)).rejects.toMatchObject({
    code: 'rtc-address-unresolved',
  });
});

test('the address that we are bound to stands for the others, unless addresses are named', async () => {
  const bindAddress = '192.0.2.7';
  expect(await advertisedAddresses({ addresses: [], bindAddress }, sources)).toEqual([bindAddress]);
  expect(await advertisedAddresses({ addresses: ['203.0.113.7'], bindAddress }, sources)).toEqual([
    '203.0.113.7',
  ]);
});
