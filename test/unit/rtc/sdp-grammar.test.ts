import { expect, test } from 'vitest';

import { attributeRule, directionOf, mediaLine } from '#src/rtc/sdp-grammar.ts';

test.each([
  ['ice-ufrag', 'aB+/', 'a b c'],
  ['fingerprint', `sha-256 ${'AB:'.repeat(31)}CD`, 'sha-256 AB'],
  ['extmap', '1/recvonly urn:x a=b', '1'],
  ['rtpmap', '9 G722/8000/1', '9 G722'],
  ['fmtp', '111 minptime=10', '111'],
  ['rtcp-fb', '* nack pli', 'x nack'],
  ['ssrc', '1 cname:{x}', '1'],
  ['ssrc-group', 'FID 1 2', 'FID'],
  ['rid', 'hi send pt=96', 'hi both'],
  ['simulcast', 'send 1;~4,5 recv 6', 'both 1'],
  ['setup', 'actpass', 'maybe'],
  ['rtcp-mux', '', 'yes'],
])('a=%s takes %j and not %j', (name, good, bad) => {
  const rule = attributeRule(name);
  expect(rule?.form.test(good)).toBe(true);
  expect(rule?.form.test(bad)).toBe(false);
});

test('names that objects inherit are no attributes', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'x-anything'])
    expect(attributeRule(name)).toBeUndefined();
});

test('knows the four directions and m= lines', () => {
  expect(['sendonly', 'recvonly', 'sendrecv', 'inactive', 'mid'].map(directionOf)).toEqual([
    'sendonly',
    'recvonly',
    'sendrecv',
    'inactive',
    undefined,
  ]);
  expect(mediaLine.exec('audio 9/2 UDP/TLS/RTP/SAVPF 0 8')?.slice(1)).toEqual([
    'audio',
    '9',
    'UDP/TLS/RTP/SAVPF',
    '0 8',
  ]);
  expect(mediaLine.exec('audio 9 UDP/TLS/RTP/SAVPF 0  8')).toBeNull();
});

test('no form takes long over hostile text', () => {
  const text = 'a:b;c,d~e '.repeat(6_000);
  const startMs = performance.now();
  for (const name of [
    'fingerprint',
    'simulcast',
    'extmap',
    'fmtp',
    'rtpmap',
    'ssrc-group',
    'group',
    'msid',
    'candidate',
  ]) {
    expect(attributeRule(name)?.form.test(text)).toBe(false);
  }
  mediaLine.test(`video 9 X ${'a '.repeat(30_000)} `);
  expect(performance.now() - startMs).toBeLessThan(5_000);
});
