import { expect, test } from 'vitest';

import { rtcConfig } from '#src/rtc/config.ts';

test('has a default for everything', () => {
  expect(rtcConfig.parse({})).toEqual({
    port: 8189,
    tcpPort: 'same',
    tcpMaxConnections: 4_000,
    tcpMaxConnectionsPerAddress: 500,
    addresses: [],
    maxPeers: 2_000,
    negotiationTimeoutMs: 2_000,
    handshakeTimeoutMs: 8_000,
    maxAudioTracks: 4,
    transportCc: true,
  });
});

test('addresses are a list or separated by commas', () => {
  expect(rtcConfig.parse({ addresses: ['192.0.2.1', 'media.example'] }).addresses).toEqual([
    '192.0.2.1',
    'media.example',
  ]);
  expect(rtcConfig.parse({ addresses: ' 192.0.2.1, 2001:db8::1 ,' }).addresses).toEqual([
    '192.0.2.1',
    '2001:db8::1',
  ]);
  expect(rtcConfig.parse({ addresses: '' }).addresses).toEqual([]);
});

test.each(['same', 'off', 0, 443])('the TCP port may be %j', (tcpPort) => {
  expect(rtcConfig.parse({ tcpPort }).tcpPort).toBe(tcpPort);
});

test.each([
  { tcpPort: 'on' },
  { tcpPort: -1 },
  { addresses: ['192.0.2.1 8189'] },
  { addresses: 'http://host/' },
  { port: 65_536 },
  { maxPeers: 0 },
  { unknown: 1 },
])('refuses %j', (value) => {
  expect(rtcConfig.safeParse(value).success).toBe(false);
});
