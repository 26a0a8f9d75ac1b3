import { SessionDescription } from 'werift';
import { expect, test } from 'vitest';

import type { Track } from '#src/core/media.ts';
import { writeAnswer, type LocalTransport } from '#src/rtc/answer.ts';
import { hostCandidates } from '#src/rtc/candidates.ts';
import { negotiateEgress } from '#src/rtc/negotiate-egress.ts';
import { negotiateIngest } from '#src/rtc/negotiate-ingest.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { linesOf, offerNames, offerText } from './kit/offers.ts';

const transport: LocalTransport = {
  ice: { ufrag: 'frontrow', password: 'p'.repeat(24) },
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
  candidates: hostCandidates(['192.0.2.1', '2001:db8::1', '127.0.0.1'], 8189),
  sessionNumber: 42,
};
const tracks: readonly Track[] = [
  { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] },
  { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: 'packetization-mode=1', rids: [''] },
];
const rules = { transportCc: false };
function answerTo(name: string, change = (text: string): string => text): string {
  const offer = readOffer(change(offerText(name)));
  let ssrc = 7;
  const model = name.includes('view')
    ? negotiateEgress(offer, tracks, { cname: 'name', nextSsrc: () => ssrc++ }, rules).answer
    : negotiateIngest(offer, rules).answer;
  return writeAnswer(model, transport);
}

test.each(offerNames)('the answer to %s is sound', (name) => {
  const answer = answerTo(name);
  expect(answer.endsWith('\r\n')).toBe(true);
  expect(answer.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(answer).not.toMatch(/ \r\n/);
  const [session = '', ...sections] = answer.split(/(?=m=)/);
  expect(session).toContain('a=ice-lite\r\n');
  const used = sections.filter((section) => !/^m=\S+ 0 /.test(section));
  for (const section of used) {
    expect(section).not.toContain('a=ice-lite');
    for (const line of [
      name.endsWith('passive') ? 'a=setup:active' : 'a=setup:passive',
      'a=rtcp-mux',
      'a=ice-ufrag:frontrow',
      'a=fingerprint:sha-256 AB:',
    ]) {
      expect(section).toContain(line);
    }
  }
  expect(linesOf(answer, 'a=candidate:')).toHaveLength(3);
  expect(used[0]).toContain('a=end-of-candidates');
  expect(SessionDescription.parse(answer).media).toHaveLength(readOffer(offerText(name)).sections.length);
  const payloadTypes = linesOf(answer, 'a=rtpmap:').map((line) => line.split(' ')[0]);
  expect(new Set(payloadTypes).size).toBe(payloadTypes.length);
});

test('candidates keep their order, component 1, falling priorities', () => {
  expect(linesOf(answerTo('obs-publish'), 'a=candidate:')).toEqual([
    '1 1 udp 2130706431 192.0.2.1 8189 typ host',
    '2 1 udp 2130706175 2001:db8::1 8189 typ host',
    '3 1 udp 2130705919 127.0.0.1 8189 typ host',
  ]);
});

test('simulcast is answered with every layer, on lines that end cleanly', () => {
  const answer = answerTo('obs-publish-simulcast');
  expect(linesOf(answer, 'a=rid:')).toEqual(['0 recv', '1 recv']);
  expect(linesOf(answer, 'a=simulcast:')).toEqual(['recv 0;1']);
});

test('reduced-size RTCP and mixed extensions only where they were offered', () => {
  expect(linesOf(answerTo('obs-publish'), 'a=rtcp-rsize')).toHaveLength(0);
  expect(linesOf(answerTo('chromium-view'), 'a=rtcp-rsize')).toHaveLength(2);
  expect(answerTo('obs-publish')).not.toContain('extmap-allow-mixed');
  expect(answerTo('chromium-view')).toContain('a=extmap-allow-mixed\r\n');
});

test('what is sent has SSRCs, a name, an RTX group and one MediaStream', () => {
  const answer = answerTo('chromium-view');
  expect(linesOf(answer, 'a=ssrc-group:')).toEqual(['FID 8 9']);
  expect(linesOf(answer, 'a=ssrc:')).toEqual([
    '7 cname:name',
    '7 msid:frontrow frontrow-audio',
    '8 cname:name',
    '8 msid:frontrow frontrow-video',
    '9 cname:name',
    '9 msid:frontrow frontrow-video',
  ]);
  expect(linesOf(answer, 'a=msid:')).toEqual(['frontrow frontrow-audio', 'frontrow frontrow-video']);
});

test('a section that is switched off has port 0 and leaves the bundle; the next one owns the transport', () => {
  const answer = answerTo('mediamtx-reader-view');
  expect(linesOf(answer, 'a=group:')).toEqual(['BUNDLE 0 1']);
  expect(answer).toContain(
    'm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:2\r\n',
  );
  const first = answerTo('obs-publish', (text) => text.replace('m=audio 9', 'm=audio 0'));
  expect(linesOf(first, 'a=group:')).toEqual(['BUNDLE 1']);
  expect(first.indexOf('a=candidate:')).toBeGreaterThan(first.indexOf('m=video'));
});

test('no bundle, no mid: none is answered', () => {
  const answer = answerTo('chromium-publish-audio', (text) =>
    text.replace(/a=group.*\r\n/, '').replace(/a=mid.*\r\n/, ''),
  );
  expect(answer).not.toMatch(/a=group|a=mid/);
});
