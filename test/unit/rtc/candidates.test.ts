import { expect, test } from 'vitest';

import { writeAnswer } from '#src/rtc/answer.ts';
import { candidateValue, hostCandidates } from '#src/rtc/candidates.ts';
import { negotiateIngest } from '#src/rtc/negotiate-ingest.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { linesOf, offerNames, offerText } from './kit/offers.ts';

const addresses = ['203.0.113.7', '198.51.100.7', '2001:db8::7', '127.0.0.1'];
const values = (...args: Parameters<typeof hostCandidates>): string[] =>
  hostCandidates(...args).map(candidateValue);

test('UDP alone when there is no TCP port', () => {
  expect(values(addresses.slice(0, 2), 8189)).toEqual([
    '1 1 udp 2130706431 203.0.113.7 8189 typ host',
    '2 1 udp 2130706175 198.51.100.7 8189 typ host',
  ]);
});

test('every address over UDP first, then passive ones over TCP, loopback left out', () => {
  expect(values(addresses, 8190, 8189)).toEqual([
    '1 1 udp 2130706431 203.0.113.7 8190 typ host',
    '2 1 udp 2130706175 198.51.100.7 8190 typ host',
    '3 1 udp 2130705919 2001:db8::7 8190 typ host',
    '4 1 udp 2130705663 127.0.0.1 8190 typ host',
    '5 1 tcp 1520435199 203.0.113.7 8189 typ host tcptype passive',
    '6 1 tcp 1520434943 198.51.100.7 8189 typ host tcptype passive',
    '7 1 tcp 1520434687 2001:db8::7 8189 typ host tcptype passive',
  ]);
});

test('loopback over TCP where there is nothing else', () => {
  expect(values(['127.0.0.1'], 8189, 8189)[1]).toMatch(
    /^2 1 tcp \d+ 127\.0\.0\.1 8189 typ host tcptype passive$/,
  );
});

test('foundations differ, priorities fall, and TCP is below all of UDP', () => {
  const many = Array.from({ length: 16 }, (_, i) => `192.0.2.${String(i + 1)}`);
  const all = hostCandidates(many, 8189, 443);
  expect(new Set(all.map(({ foundation }) => foundation)).size).toBe(32);
  const priorities = all.map(({ priority }) => priority);
  expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
  expect(new Set(priorities).size).toBe(32);
});

test.each(offerNames.filter((name) => /publish(?!.*passive)/.test(name)))(
  'the answer to %s has them in this order, UDP over IPv4 in the first line',
  (name) => {
    const candidates = hostCandidates(addresses, 8190, 8189);
    const answer = writeAnswer(negotiateIngest(readOffer(offerText(name)), { transportCc: true }).answer, {
      ice: { ufrag: 'frontrow', password: 'p'.repeat(24) },
      fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
      candidates,
      sessionNumber: 1,
    });
    const lines = linesOf(answer, 'a=candidate:');
    expect(lines.map((line) => line.replace('a=candidate:', ''))).toEqual(candidates.map(candidateValue));
    expect(lines[0]).toMatch(/ udp \d+ 203\.0\.113\.7 8190 typ host$/);
  },
);
