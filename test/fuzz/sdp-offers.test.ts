import { expect, test, vi } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import type { Track } from '#src/core/media.ts';
import { writeAnswer } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { negotiateEgress } from '#src/rtc/negotiate-egress.ts';
import { negotiateIngest } from '#src/rtc/negotiate-ingest.ts';
import { readSdpFragment } from '#src/rtc/sdp-fragment.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { hostileOffers } from './sdp-hostile.ts';
import { mutated, mutatedOffer, noise } from './sdp-mutations.ts';

const tracks: readonly Track[] = [
  { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: 'stereo=1', rids: [''] },
  { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: 'packetization-mode=1', rids: [''] },
];
const rules = { transportCc: true };
const transport = {
  ice: { ufrag: 'ufragufr', password: 'p'.repeat(24) },
  fingerprint: { algorithm: 'sha-256', value: 'AB' },
  candidates: hostCandidates(['192.0.2.1'], 8189),
  sessionNumber: 1,
} as const;
/** Far more than any input needs, even on a machine that does ten other things. */
const patienceMs = 5_000;

vi.setConfig({ testTimeout: 60_000 });

/** Whole way of an offer for both roles; gives the codes of the failures, throws what is no Failure. */
function join(text: string): readonly string[] {
  const startMs = performance.now();
  let ssrc = 1;
  const ways = [
    () => negotiateIngest(readOffer(text), rules).answer,
    () => negotiateEgress(readOffer(text), tracks, { cname: 'c', nextSsrc: () => ssrc++ }, rules).answer,
  ];
  const codes = ways.map((way) => {
    try {
      const answer = writeAnswer(way(), transport);
      expect(answer.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
      return 'answered';
    } catch (error) {
      if (error instanceof Failure) return error.code;
      throw error;
    }
  });
  expect(performance.now() - startMs).toBeLessThan(patienceMs);
  return codes;
}

test('2,000 mutated offers are answered or refused with a Failure, never anything else, never slowly', () => {
  const random = noise(20_260_101);
  let answered = 0;
  const codes = new Set<string>();
  for (let round = 0; round < 2_000; round += 1) {
    for (const code of join(mutatedOffer(random, round))) {
      if (code === 'answered') answered += 1;
      else codes.add(code);
    }
  }
  expect(answered).toBeGreaterThan(100);
  expect(codes.size).toBeGreaterThanOrEqual(10);
});

test.each(Object.entries(hostileOffers))('hostile: %s', (_, text) => {
  expect(join(text)).not.toContain('answered');
});

test('there are sixty hostile ones', () => {
  expect(Object.keys(hostileOffers).length).toBeGreaterThanOrEqual(60);
});

test('2,000 mutated fragments are read or refused with a Failure', () => {
  const random = noise(7);
  const fragment = [
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host',
    'a=end-of-candidates',
  ];
  for (let round = 0; round < 2_000; round += 1) {
    try {
      readSdpFragment(mutated(fragment, random, round));
    } catch (error) {
      expect(error).toMatchObject({ name: 'Failure', code: 'bad-sdp-fragment' });
    }
  }
});
