import { expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import type { Track } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import { negotiateEgress, type EgressNegotiation } from '#src/rtc/negotiate-egress.ts';
import type { NegotiationRules } from '#src/rtc/negotiation.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { accepted } from './kit/accepted.ts';
import { offerNames, offerText } from './kit/offers.ts';

const opus: Track = {
  kind: 'audio',
  codec: 'opus',
  clockRateHz: 48_000,
  fmtp: 'stereo=1;sprop-stereo=1',
  rids: [''],
};
const h264: Track = {
  kind: 'video',
  codec: 'h264',
  clockRateHz: 90_000,
  fmtp: 'profile-level-id=42e01f;packetization-mode=1',
  rids: [''],
};
const vp8: Track = { kind: 'video', codec: 'vp8', clockRateHz: 90_000, fmtp: '', rids: [''] };
const av1: Track = { kind: 'video', codec: 'av1', clockRateHz: 90_000, fmtp: '', rids: [''] };

function egress(
  text: string,
  tracks: readonly Track[],
  rules: NegotiationRules = { transportCc: true },
): EgressNegotiation {
  let ssrc = 100;
  return negotiateEgress(readOffer(text), tracks, { cname: 'name', nextSsrc: () => ssrc++ }, rules);
}
function refusal(text: string, tracks: readonly Track[]): Failure {
  try {
    egress(text, tracks);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the offer was accepted');
}
test.each(offerNames.filter((name) => name.includes('view')))('%s watches H.264 with sound', (name) => {
  const { outgoing, answer } = egress(offerText(name), [opus, h264]);
  expect(new Set(outgoing.map(({ kind }) => kind))).toEqual(new Set(['audio', 'video']));
  expect(outgoing.find(({ kind }) => kind === 'video')?.payloads[0]?.codec).toBe('h264');
  expect(outgoing.every(({ cname }) => cname === 'name')).toBe(true);
  const directions = answer.sections.map((section) => (section.rejected ? 'off' : section.direction));
  expect(directions.slice(0, 2)).toEqual(['sendonly', 'sendonly']);
});

test('the current codec comes first, best profile first; all others stay for a publisher that returns', () => {
  const { outgoing } = egress(offerText('chromium-view'), [opus, h264]);
  const video = outgoing.find(({ kind }) => kind === 'video');
  expect(video?.payloads[0]?.fmtp).toContain('packetization-mode=1;profile-level-id=42e01f');
  expect(new Set(video?.payloads.map(({ codec }) => codec))).toEqual(new Set(['h264', 'vp8', 'vp9', 'av1']));
  expect(egress(offerText('chromium-view'), [av1]).outgoing[0]?.payloads[0]).toMatchObject({
    codec: 'av1',
    fmtp: 'level-idx=5;profile=0;tier=0',
  });
});

test('SSRCs are our own, with one for RTX where it was offered; one name ties both tracks', () => {
  const chromium = egress(offerText('chromium-view'), [opus, vp8]);
  expect(chromium.outgoing.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc])).toEqual([
    [100, undefined],
    [101, 102],
  ]);
  expect(accepted(chromium, 0).source?.msid.split(' ')[0]).toBe(
    accepted(chromium, 1).source?.msid.split(' ')[0],
  );
  expect(egress(offerText('gstreamer-view'), [opus, vp8]).outgoing[0]).not.toHaveProperty('rtxSsrc');
});

test('stereo is told to the viewer when the stream has it, and only then', () => {
  expect(accepted(egress(offerText('chromium-view'), [opus]), 0).codecs[0]?.fmtp).toBe(
    'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
  );
  const mono = accepted(egress(offerText('chromium-view'), [{ ...opus, fmtp: '' }]), 0);
  expect(mono.codecs[0]?.fmtp).toBe('minptime=10;useinbandfec=1');
});

test('what the stream has not is inactive, what cannot be shown too', () => {
  const silent = egress(offerText('chromium-view'), [h264]);
  expect([accepted(silent, 0).direction, accepted(silent, 1).direction]).toEqual(['inactive', 'sendonly']);
  expect(silent.outgoing.map(({ kind }) => kind)).toEqual(['video']);
  const blind = egress(offerText('gstreamer-view'), [opus, av1]);
  expect([accepted(blind, 0).direction, accepted(blind, 1).direction]).toEqual(['inactive', 'sendonly']);
  expect(accepted(blind, 0).source).toBeUndefined();
});

test('a data channel, a second video and foreign codecs are switched off, not refused', () => {
  const sections = (text: string): readonly boolean[] =>
    egress(text, [opus, h264]).answer.sections.map(({ rejected }) => rejected);
  expect(sections(offerText('mediamtx-reader-view'))).toEqual([false, false, true]);
  const second = offerText('gstreamer-view')
    .replace('m=audio 0', 'm=video 0')
    .replace('OPUS/48000/2', 'H264/90000');
  expect(sections(second)).toEqual([false, true]);
  expect(sections(offerText('gstreamer-view').replace('OPUS/48000/2', 'speex/16000'))).toEqual([false, true]);
});

test('nothing in common names both sides', () => {
  const failure = refusal(offerText('gstreamer-view'), [{ ...av1, fmtp: 'profile=0' }]);
  expect(failure).toMatchObject({ kind: 'unprocessable', code: 'no-common-codec' });
  expect(failure.message).toBe(
    'the stream carries av1 (0) and this viewer takes h264, vp8, opus; watch over HLS, or publish another codec',
  );
  expect(refusal(offerText('chromium-view'), []).code).toBe('no-common-codec');
});

test.each(['a=sendonly', 'a=inactive'])('a viewer that says %s is refused', (direction) => {
  expect(refusal(offerText('chromium-view').replace('a=recvonly', direction), [opus, h264])).toMatchObject({
    kind: 'unprocessable',
    code: 'wrong-direction',
  });
  expect(
    egress(offerText('chromium-view').replaceAll('a=recvonly', 'a=sendrecv'), [opus]).outgoing,
  ).toHaveLength(1);
});

test('a viewer is judged by transport-wide numbers, or times of sending, where repairs come as RTX, and by REMB', () => {
  const offer = offerText('chromium-view');
  const video = (text: string, transportCc: boolean): OutgoingTrack | undefined =>
    egress(text, [opus, h264], { transportCc }).outgoing.find(({ kind }) => kind === 'video');
  const numbered = video(offer, true);
  expect(numbered?.feedback).toEqual(['remb', 'transport-cc', 'fir', 'nack', 'pli']);
  expect(numbered?.extensions).toMatchObject({ 'transport-cc': 3, 'abs-send-time': 2 });
  const timed = video(offer, false);
  expect(timed?.feedback).toEqual(['remb', 'fir', 'nack', 'pli']);
  expect(timed?.extensions).toMatchObject({ 'abs-send-time': 2 });
  expect(timed?.extensions).not.toHaveProperty('transport-cc');
  const repeated = video(offer.replaceAll('rtx/90000', 'red/90000'), true);
  expect(repeated?.feedback).toEqual(['remb', 'fir', 'nack', 'pli']);
  expect(repeated?.extensions).not.toHaveProperty('transport-cc');
  expect(repeated?.extensions).not.toHaveProperty('abs-send-time');
});
