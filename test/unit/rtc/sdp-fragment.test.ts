import { expect, test } from 'vitest';

import { hostCandidates } from '#src/rtc/candidates.ts';
import { readSdpFragment, writeRestartFragment } from '#src/rtc/sdp-fragment.ts';

const fragment = [
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:0',
  'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
  'a=end-of-candidates',
  '',
].join('\r\n');

test('reads whose it is', () => {
  expect(readSdpFragment(fragment)).toEqual({ ufrag: 'EsAw', password: 'P2uYro0UCOQ4zxjKXaWCBui1' });
  expect(readSdpFragment(fragment.replaceAll('\r\n', '\n')).ufrag).toBe('EsAw');
  expect(readSdpFragment('a=end-of-candidates\r\n')).toEqual({ ufrag: undefined, password: undefined });
  const two = `${fragment}m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=ice-ufrag:othr\r\na=ice-pwd:${'x'.repeat(24)}\r\n`;
  expect(readSdpFragment(two).ufrag).toBe('EsAw');
});

test.each([
  ['nothing', ''],
  ['JSON', '{"candidate": "candidate:1 1 udp"}'],
  ['no attribute that matters', 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\n'],
  ['a malformed ufrag', fragment.replace('EsAw', 'E s')],
  ['an empty candidate', 'a=candidate:\r\n'],
  ['65 candidates', 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n'.repeat(65)],
  ['17 KiB', fragment + 'a=x:yyyyyyyyyyyyyyy\r\n'.repeat(1_000)],
])('refuses %s', (_, text) => {
  expect(() => readSdpFragment(text)).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'bad-sdp-fragment' }) as Error,
  );
});

test('writes our side of a restart', () => {
  const section = { mediaLine: 'audio 9 UDP/TLS/RTP/SAVPF 111', mid: '0', bundle: ['0', '1'] };
  const ice = { ufrag: 'abcdefgh', password: 'p'.repeat(24) };
  expect(writeRestartFragment(section, ice, hostCandidates(['192.0.2.1'], 8189))).toBe(
    [
      'a=ice-lite',
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=ice-ufrag:abcdefgh',
      `a=ice-pwd:${'p'.repeat(24)}`,
      'a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  );
  expect(writeRestartFragment({ ...section, mid: '', bundle: [] }, ice, [])).not.toMatch(/a=mid|a=group/);
});
