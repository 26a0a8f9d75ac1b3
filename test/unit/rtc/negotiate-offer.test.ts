import { expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import type { Track } from '#src/core/media.ts';
import { writeOffer } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { draftOffer, settleOffer, type OfferDraft, type OfferSettlement } from '#src/rtc/negotiate-offer.ts';
import { readAnswer } from '#src/rtc/sdp-reader.ts';
import { linesOf } from './kit/offers.ts';
import { answerTo } from './kit/offer-answers.ts';

const opus: Track = { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] };
const h264: Track = {
  kind: 'video',
  codec: 'h264',
  clockRateHz: 90_000,
  fmtp: 'profile-level-id=42e01f;packetization-mode=1',
  rids: [''],
};
const rules = { transportCc: true };

function draft(tracks: readonly Track[], transportCc = true): { draft: OfferDraft; text: string } {
  let ssrc = 100;
  const made = draftOffer(tracks, { cname: 'name', nextSsrc: () => ssrc++ }, { transportCc });
  const text = writeOffer(made, {
    ice: { ufrag: 'frontrow', password: 'p'.repeat(24) },
    fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
    candidates: hostCandidates(['192.0.2.1', '127.0.0.1'], 8189),
    sessionNumber: 42,
  });
  return { draft: made, text };
}

function settle(tracks: readonly Track[], change = (answer: string): string => answer): OfferSettlement {
  const { draft: made, text } = draft(tracks);
  return settleOffer(readAnswer(change(answerTo(text))), { draft: made, tracks, rules });
}

function refusal(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('an offer says everything a client needs: one bundle, sendonly, actpass, ICE-lite, candidates everywhere', () => {
  const { text } = draft([opus, h264]);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(linesOf(text, 'a=group:')).toEqual(['BUNDLE 0 1']);
  expect(linesOf(text, 'a=setup:')).toEqual(['actpass', 'actpass']);
  expect(linesOf(text, 'a=sendonly')).toHaveLength(2);
  expect(linesOf(text, 'a=rtcp-mux-only')).toHaveLength(2);
  expect(linesOf(text, 'a=candidate:')).toHaveLength(4);
  expect(linesOf(text, 'a=ssrc-group:')).toEqual(['FID 101 102']);
  expect(text.indexOf('a=ice-lite')).toBeLessThan(text.indexOf('m='));
  expect(linesOf(text, 'a=msid:').map((value) => value.split(' ')[0])).toEqual(['frontrow', 'frontrow']);
});

test('what the stream has not is not offered', () => {
  expect(linesOf(draft([opus]).text, 'm=')).toEqual(['audio 9 UDP/TLS/RTP/SAVPF 111']);
  expect(linesOf(draft([h264]).text, 'm=')[0]).toMatch(/^video 9 UDP\/TLS\/RTP\/SAVPF 102 103 /);
  expect(refusal(() => draft([])).code).toBe('no-common-codec');
});

test.each([
  ['vp8', '', 96],
  ['vp9', '', 98],
  ['vp9', 'profile-id=0', 98],
  ['vp9', 'profile-id=2', 114],
  ['av1', '', 108],
  ['av1', 'profile=1', 114],
  ['h265', '', 112],
  ['h264', '', 102],
  ['h264', 'profile-level-id=42001f;packetization-mode=1', 104],
  ['h264', 'profile-level-id=640c1f;packetization-mode=1', 114],
  ['h264', 'profile-level-id=42e01f;packetization-mode=0', 114],
] as const)('%s %s comes first as %i, the others follow', (codec, fmtp, payloadType) => {
  const { text } = draft([{ kind: 'video', codec, clockRateHz: 90_000, fmtp, rids: [''] }]);
  const formats = linesOf(text, 'm=')[0]?.split(' ').slice(3) ?? [];
  expect(formats[0]).toBe(codec === 'h264' && fmtp === '' ? '114' : String(payloadType));
  expect(new Set(formats).size).toBe(formats.length);
  const names = linesOf(text, 'a=rtpmap:').map((value) => value.split(' ')[1]?.split('/')[0]);
  for (const name of ['H264', 'VP8', 'VP9', 'AV1', 'H265']) expect(names).toContain(name);
});

test('a stereo stream is offered in stereo; congestion control by the settings', () => {
  expect(draft([{ ...opus, fmtp: 'sprop-stereo=1' }]).text).toContain('stereo=1;sprop-stereo=1');
  expect(draft([opus, h264], true).text).toContain('transport-cc');
  expect(draft([opus, h264], false).text).not.toMatch(/transport-cc|transport-wide/);
});

test('the answer decides which codecs and extensions are sent; the SSRCs are those of the offer', () => {
  const { outgoing } = settle([opus, h264]);
  expect(outgoing.map(({ kind, mid, ssrc, rtxSsrc }) => [kind, mid, ssrc, rtxSsrc])).toEqual([
    ['audio', '0', 100, undefined],
    ['video', '1', 101, 102],
  ]);
  expect(outgoing[1]?.payloads[0]).toMatchObject({ payloadType: 102, codec: 'h264', rtxPayloadType: 103 });
  expect(outgoing[1]?.extensions).toMatchObject({ mid: 1, 'transport-cc': 3 });
  expect(new Set(outgoing[1]?.payloads.map(({ codec }) => codec))).toEqual(
    new Set(['h264', 'vp8', 'vp9', 'av1', 'h265']),
  );
});

test('a client without retransmission is sent no numbers; one with fewer codecs gets what fits', () => {
  const bare = settle([opus, h264], (text) =>
    text
      .replaceAll(/a=rtpmap:\d+ rtx\/90000\r\n|a=fmtp:\d+ apt=\d+\r\n/g, '')
      .replaceAll(/a=extmap:3 .*\r\n/g, ''),
  );
  expect(bare.outgoing[1]).not.toHaveProperty('rtxSsrc');
  expect(bare.outgoing[1]?.extensions).not.toHaveProperty('transport-cc');
});

test('what was never offered is passed over', () => {
  const forged = settle([opus, h264], (text) =>
    text.replace('a=rtpmap:102 H264/90000', 'a=rtpmap:102 VP8/90000').replace('a=extmap:1 ', 'a=extmap:9 '),
  );
  expect(forged.outgoing[1]?.payloads.map(({ payloadType }) => payloadType)).not.toContain(102);
  expect(forged.outgoing[0]?.extensions).not.toHaveProperty('mid');
});

test.each([
  ['switched off by port 0', (text: string) => text.replace('m=audio 9', 'm=audio 0')],
  ['inactive', (text: string) => text.replace('a=recvonly', 'a=inactive')],
])('a section that is %s is not sent', (_how, change) => {
  expect(settle([opus, h264], change).outgoing.map(({ kind }) => kind)).toEqual(['video']);
  const off = refusal(() =>
    settle([opus, h264], (text) => change(change(text.replace('video 9', 'video 0')))),
  );
  expect(off.kind).toBe('unprocessable');
});

test.each([
  [
    'a section less',
    (text: string) => text.slice(0, text.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0'),
  ],
  ['another mid', (text: string) => text.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1', 'BUNDLE 0 7')],
  ['another kind', (text: string) => text.replace('m=audio', 'm=video')],
  ['plain RTP', (text: string) => text.replace('audio 9 UDP/TLS/RTP/SAVPF', 'audio 9 RTP/XVPF')],
])('an answer with %s does not fit', (_what, change) => {
  expect(refusal(() => settle([opus, h264], change))).toMatchObject({
    kind: 'unprocessable',
    code: 'answer-mismatch',
  });
});

test.each([
  ['actpass', 'wrong-setup', (text: string) => text.replaceAll('a=setup:active', 'a=setup:actpass')],
  ['sendonly', 'wrong-direction', (text: string) => text.replace('a=recvonly', 'a=sendonly')],
  ['ICE-lite', 'ice-lite-offer', (text: string) => text.replace('t=0 0', 't=0 0\r\na=ice-lite')],
  [
    'without a common codec',
    'no-common-codec',
    (text: string) => text.replaceAll(/(opus|H264|VP8|VP9|AV1|H265)\//g, 'X/'),
  ],
])('an answer that is %s is refused', (_what, code, change) => {
  expect(refusal(() => settle([opus, h264], change))).toMatchObject({ kind: 'unprocessable', code });
});
