import { expect, test, vi } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import type { Track } from '#src/core/media.ts';
import { writeOffer } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { draftOffer, settleOffer } from '#src/rtc/negotiate-offer.ts';
import { readAnswer } from '#src/rtc/sdp-reader.ts';
import { answerTo } from '#test/unit/rtc/kit/offer-answers.ts';
import { mutated, noise } from './sdp-mutations.ts';

vi.setConfig({ testTimeout: 60_000 });

const tracks: readonly Track[] = [
  { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: 'stereo=1', rids: [''] },
  { kind: 'video', codec: 'av1', clockRateHz: 90_000, fmtp: '', rids: [''] },
];
const rules = { transportCc: true };
let ssrc = 1;
const draft = draftOffer(tracks, { cname: 'c', nextSsrc: () => ssrc++ }, rules);
const offer = writeOffer(draft, {
  ice: { ufrag: 'ufragufr', password: 'p'.repeat(24) },
  fingerprint: { algorithm: 'sha-256', value: 'AB' },
  candidates: hostCandidates(['192.0.2.1'], 8189),
  sessionNumber: 1,
});
const refusals = new Set(['invalid', 'unprocessable', 'too-large']);

test('2,000 mutated answers are taken or refused, and never more is sent than was offered', () => {
  const random = noise(20_260_204);
  const lines = answerTo(offer).split('\r\n');
  const offered = new Set(
    draft.sections.flatMap(({ codecs }) => codecs.map(({ payloadType }) => payloadType)),
  );
  const ids = new Set(draft.sections.flatMap(({ extensions }) => extensions.map(({ id }) => id)));
  const codes = new Set<string>();
  let taken = 0;
  for (let round = 0; round < 2_000; round += 1) {
    try {
      const { outgoing } = settleOffer(readAnswer(mutated(lines, random, round)), { draft, tracks, rules });
      taken += 1;
      for (const { mid, payloads, extensions, ssrc: named } of outgoing) {
        expect(draft.sections.find((section) => section.mid === mid)?.source.ssrc).toBe(named);
        expect(payloads.every(({ payloadType }) => offered.has(payloadType))).toBe(true);
        expect(Object.values(extensions).every((id) => ids.has(id))).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      expect(refusals).toContain(error.kind);
      codes.add(error.code);
    }
  }
  expect(taken).toBeGreaterThan(200);
  expect(codes.size).toBeGreaterThan(5);
});
