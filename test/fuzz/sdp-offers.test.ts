import { expect, test, vi } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import type { Track } from '#src/core/media.ts';
import { writeAnswer } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { negotiateEgress } from '#src/rtc/negotiate-egress.ts';
import { negotiateIngest } from '#src/rtc/negotiate-ingest.ts';
import { readSdpFragment } from '#src/rtc/sdp-fragment.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { offerNames, offerText } from '#test/unit/rtc/kit/offers.ts';
import { hostileOffers } from './sdp-hostile.ts';

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

/** Reproducible noise: a linear congruential generator (Numerical Recipes' constants). */
function noise(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

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

const mutations: readonly ((lines: string[], random: (below: number) => number) => string)[] = [
  (lines, random) => lines.filter((_, index) => index !== random(lines.length)).join('\r\n'),
  (lines, random) => lines.toSpliced(random(lines.length), 0, lines[random(lines.length)] ?? '').join('\r\n'),
  (lines, random) => lines.slice(0, random(lines.length)).join('\r\n'),
  (lines, random) => lines.toSorted(() => random(3) - 1).join('\r\n'),
  (lines, random) => lines.slice(random(lines.length)).concat(lines).join('\r\n'),
  (lines, random) => {
    const text = lines.join('\r\n');
    const at = random(text.length);
    return text.slice(0, at) + String.fromCharCode(random(300)) + text.slice(at + random(4));
  },
  (lines, random) => {
    const line = random(lines.length);
    const words = (lines[line] ?? '').split(/([ :;=/])/);
    const word = random(words.length);
    const odd = ['', '-1', '0', '99999999999', 'a'.repeat(500), '*', '%s', '\ud83d', '__proto__', ';', ' '];
    words[word] = odd[random(odd.length)] ?? '';
    return lines.toSpliced(line, 1, words.join('')).join('\r\n');
  },
  (lines, random) =>
    lines.map((line) => (random(20) === 0 ? line.slice(0, random(line.length)) : line)).join('\r\n'),
  (lines, random) =>
    lines.map((line) => (random(8) === 0 ? line.replace(/\d+/, String(random(70_000))) : line)).join('\r\n'),
];

test('2,000 mutated offers are answered or refused with a Failure, never anything else, never slowly', () => {
  const random = noise(20_260_101);
  let answered = 0;
  const codes = new Set<string>();
  for (let round = 0; round < 2_000; round += 1) {
    const name = offerNames[random(offerNames.length)] ?? '';
    const mutate = mutations[round % mutations.length];
    const text = mutate?.(offerText(name).split('\r\n'), random) ?? '';
    for (const code of join(text)) {
      if (code === 'answered') answered += 1;
      else codes.add(code);
    }
  }
  expect(answered).toBeGreaterThan(100);
  expect(codes.size).toBeGreaterThan(10);
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
      readSdpFragment(mutations[round % mutations.length]?.([...fragment], random) ?? '');
    } catch (error) {
      expect(error).toMatchObject({ name: 'Failure', code: 'bad-sdp-fragment' });
    }
  }
});
