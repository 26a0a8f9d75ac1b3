import { describe, expect, it } from 'vitest';
import { addressBytes, AddressTable, addressText, sameAddress, socketAddress } from '#src/media/address.ts';

describe('addressBytes', () => {
  it.each([
    ['192.0.2.1', 'c0000201'],
    ['::1', '00000000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ])('reads %s', (ip, hex) => {
    expect(Buffer.from(addressBytes(ip)).toString('hex')).toBe(hex);
  });
});

describe('addresses', () => {
  it('are written and compared as people expect', () => {
    expect(addressText(socketAddress('192.0.2.1', 8_189))).toBe('192.0.2.1:8189');
    expect(addressText(socketAddress('2001:db8::1', 8_189))).toBe('[2001:db8::1]:8189');
    expect(sameAddress(socketAddress('::1', 1), socketAddress('::1', 1))).toBe(true);
    expect(sameAddress(socketAddress('::1', 1), socketAddress('::1', 2))).toBe(false);
  });
});

describe('AddressTable', () => {
  it('finds by address and port, and forgets', () => {
    const table = new AddressTable<string>();
    table.set(socketAddress('192.0.2.1', 1), 'a');
    table.set(socketAddress('192.0.2.2', 1), 'b');
    expect([table.get('192.0.2.1', 1), table.get('192.0.2.2', 1), table.get('192.0.2.1', 2)]).toEqual([
      'a',
      'b',
      undefined,
    ]);
    table.delete(socketAddress('192.0.2.1', 1));
    table.delete(socketAddress('192.0.2.9', 9));
    expect([table.get('192.0.2.1', 1), table.get('192.0.2.2', 1)]).toEqual([undefined, 'b']);
  });
});
