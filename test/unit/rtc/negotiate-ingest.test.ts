import { expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import { negotiateIngest, type IngestNegotiation } from '#src/rtc/negotiate-ingest.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { accepted } from './kit/accepted.ts';
import { offerNames, offerText } from './kit/offers.ts';

const rules = { transportCc: true, maxAudioTracks: 4 };
const ingest = (text: string, transportCc = true): IngestNegotiation =>
  negotiateIngest(readOffer(text), { transportCc });
/** A browser with so many microphones, each with more lines behind its m= line. */
function withSounds(count: number, more: readonly string[] = []): string {
  const [head = '', section = ''] = offerText('chromium-publish-audio').split(/(?=m=audio)/);
  const mids = Array.from({ length: count }, (_, index) => String(index));
  const sections = mids.map((mid, index) => {
    const own = section.replace('a=mid:0', `a=mid:${mid}`).replaceAll('1309254750', `13092547${10 + index}`);
    return own.replace('\r\n', `\r\n${more[index] ?? ''}`);
  });
  return head.replace('BUNDLE 0', `BUNDLE ${mids.join(' ')} v w`) + sections.join('');
}
const secondVideo = (offerText('chromium-publish').split(/(?=m=video)/)[1] ?? '')
  .replace('a=mid:1', 'a=mid:v')
  .repeat(2)
  .replace('a=mid:v', 'a=mid:w');
function refusal(text: string): Failure {
  try {
    negotiateIngest(readOffer(text), rules);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the offer was accepted');
}
test.each(offerNames.filter((name) => name.includes('publish') && !name.endsWith('passive')))(
  '%s publishes: every section is received',
  (name) => {
    const { answer, incoming, tracks } = ingest(offerText(name));
    expect(answer.sections.every((section) => !section.rejected && section.direction === 'recvonly')).toBe(
      true,
    );
    expect(incoming).toHaveLength(answer.sections.length);
    expect(tracks.map(({ kind }) => kind)).toEqual(incoming.map(({ kind }) => kind));
  },
);

test('a browser sends its own first codec, and may switch to every other that is forwarded', () => {
  const { incoming, tracks } = ingest(offerText('chromium-publish'));
  expect(tracks.map(({ codec }) => codec)).toEqual(['opus', 'vp8']);
  expect(new Set(incoming[1]?.payloads.map(({ codec }) => codec))).toEqual(
    new Set(['vp8', 'h264', 'av1', 'vp9']),
  );
  expect(incoming[1]?.payloads[0]).toEqual({
    payloadType: 96,
    codec: 'vp8',
    clockRateHz: 90_000,
    fmtp: '',
    rtxPayloadType: 97,
  });
  expect(incoming[1]).toMatchObject({
    mid: '1',
    rids: [''],
    feedback: ['remb', 'transport-cc', 'fir', 'nack', 'pli'],
  });
  expect(incoming[1]?.ssrcs).toHaveLength(2);
});

test('OBS: stereo stays, the rid extension is not taken without simulcast', () => {
  const { incoming, tracks } = ingest(offerText('obs-publish'));
  expect(tracks[0]?.fmtp).toContain('stereo=1;sprop-stereo=1');
  expect(accepted(ingest(offerText('obs-publish')), 0).codecs[0]?.fmtp).toContain('stereo=1;sprop-stereo=1');
  expect(incoming[1]).toMatchObject({
    extensions: { mid: 1 },
    rids: [''],
    ssrcs: [1001],
    feedback: ['nack', 'pli', 'remb'],
  });
  expect(incoming[0]?.extensions).toEqual({});
});

test.each(['H265', 'AV1'])('OBS: %s is received, though OBS says nothing about its profile', (name) => {
  const offer = offerText('obs-publish')
    .replace('H264/90000', `${name}/90000`)
    .replace(/a=fmtp:96 .*\r?\n/, '');
  const { answer, tracks } = ingest(offer);
  expect(answer.sections.map(({ rejected }) => rejected)).toEqual([false, false]);
  expect(tracks[1]).toMatchObject({ codec: name.toLowerCase(), fmtp: '', clockRateHz: 90_000 });
});

test('simulcast: all rids are received in the order of the offer, with their extensions', () => {
  const obs = ingest(offerText('obs-publish-simulcast'));
  expect(accepted(obs, 1).rids).toEqual(['0', '1']);
  expect(obs.incoming[1]).toMatchObject({ rids: ['0', '1'], ssrcs: [], extensions: { mid: 1, rid: 2 } });
  const chromium = ingest(offerText('chromium-publish-simulcast'));
  expect(chromium.tracks[1]?.rids).toEqual(['q', 'h', 'f']);
  expect(chromium.incoming[1]?.extensions).toMatchObject({ rid: 10, 'repaired-rid': 11 });
});

test('transport-cc with every codec that offers it, unless the rules or a missing extension forbid it', () => {
  const { incoming, answer } = ingest(offerText('chromium-publish'));
  expect(incoming.map(({ extensions }) => extensions['transport-cc'])).toEqual([3, 3]);
  for (const section of answer.sections) {
    if (section.rejected) throw new Error('a section was switched off');
    const media = section.codecs.filter(({ name }) => !/^rtx$/i.test(name));
    expect(media.every(({ feedback }) => feedback.includes('transport-cc'))).toBe(true);
    expect(section.extensions.filter(({ uri }) => uri.includes('transport-wide-cc'))).toHaveLength(1);
  }
  expect(JSON.stringify(ingest(offerText('chromium-publish'), false))).not.toContain('transport-');
  expect(ingest(offerText('gstreamer-publish')).incoming[1]?.feedback).toEqual(['pli', 'fir']);
});

test('the dependency descriptor is taken for AV1, for which it is read; what nothing reads is not', () => {
  const offer = offerText('chromium-publish-simulcast');
  const { extensions } = ingest(offer).incoming[1] ?? {};
  expect(extensions).not.toHaveProperty('dependency-descriptor');
  const av1 = ingest(offer.replaceAll(/(?:VP8|VP9|H264|H265)\/90000/g, 'other/90000')).incoming[1];
  expect(av1?.extensions).toMatchObject({ 'dependency-descriptor': 12 });
  expect(extensions).not.toHaveProperty('abs-send-time');
  expect(extensions).not.toHaveProperty('video-layers-allocation');
});

test('four layers are received, five are refused', () => {
  const layers = (count: number): string => {
    const rids = Array.from({ length: count }, (_, index) => String(index));
    return offerText('obs-publish-simulcast')
      .replace(/(?:a=rid:\d send\r\n)+/, rids.map((rid) => `a=rid:${rid} send\r\n`).join(''))
      .replace(/a=simulcast:send .*\r\n/, `a=simulcast:send ${rids.join(';')}\r\n`);
  };
  expect(ingest(layers(4)).incoming[1]?.rids).toEqual(['0', '1', '2', '3']);
  expect(accepted(ingest(layers(4)), 1).rids).toEqual(['0', '1', '2', '3']);
  expect(() => ingest(layers(5))).toThrow(/4/);
});

test("the publisher's own limits as a receiver are not sent back", () => {
  expect(accepted(ingest(offerText('firefox-publish')), 1).codecs[0]).toMatchObject({
    name: 'VP8',
    fmtp: '',
  });
});

test('extension ids over 14 need both sides to mix header forms', () => {
  const plain = offerText('obs-publish').replace('extmap:1 ', 'extmap:20 ');
  expect(ingest(plain).incoming[1]?.extensions).toEqual({});
  const mixed = plain.replace('t=0 0\r\n', 't=0 0\r\na=extmap-allow-mixed\r\n');
  expect(ingest(mixed).incoming[1]?.extensions).toEqual({ mid: 20 });
  expect(ingest(mixed.replace('extmap:20 ', 'extmap:15 ')).incoming[1]?.extensions).toEqual({});
  expect(ingest(mixed.replace('extmap:20 ', 'extmap:300 ')).incoming[1]?.extensions).toEqual({});
});

test('audio alone and video alone are fine, and so is a section that the client switched off', () => {
  expect(ingest(offerText('chromium-publish-audio')).tracks.map(({ kind }) => kind)).toEqual(['audio']);
  const off = ingest(offerText('obs-publish').replace('m=audio 9', 'm=audio 0'));
  expect(off.tracks.map(({ kind }) => kind)).toEqual(['video']);
  expect(off.answer.sections.map(({ rejected }) => rejected)).toEqual([true, false]);
});

test.each([
  ['a viewer', offerText('chromium-view'), 'wrong-direction'],
  ['an inactive section', offerText('obs-publish').replace('a=sendonly', 'a=inactive'), 'wrong-direction'],
  ['a fifth audio track', withSounds(5), 'too-many-tracks'],
  ['a second video track', withSounds(1) + secondVideo, 'too-many-tracks'],
  [
    'a data channel',
    offerText('mediamtx-reader-view').replaceAll('a=recvonly', 'a=sendonly'),
    'unsupported-section',
  ],
  [
    'media in the clear',
    offerText('obs-publish').replace('video 9 UDP/TLS/RTP/SAVPF', 'video 9 RTP/AVP'),
    'unsupported-section',
  ],
  ['an unknown codec', offerText('obs-publish').replace('H264/90000', 'H261/90000'), 'unsupported-codec'],
])('%s is refused as a whole', (_, text, code) => {
  expect(refusal(text)).toMatchObject({ kind: 'unprocessable', code });
});

test('a refusal for codecs names both sides', () => {
  expect(refusal(offerText('obs-publish').replace('H264/90000', 'H261/90000')).message).toMatch(
    /offers H261 .*; Frontrow forwards h264, h265, vp8, vp9, av1$/,
  );
});

test('several audio tracks are received, and the first is the one that viewers get', () => {
  const offered = withSounds(3, ['i=Stadium\r\na=lang:en-us\r\n', 'a=lang:de\r\na=lang:fr\r\n']);
  const { answer, incoming, tracks } = negotiateIngest(readOffer(offered), rules);
  expect(answer.sections.map(({ rejected }) => rejected)).toEqual([false, false, false]);
  expect(incoming.map(({ kind, mid, sound }) => [kind, mid, sound])).toEqual([
    ['audio', '0', undefined],
    ['audio', '1', 1],
    ['audio', '2', 2],
  ]);
  expect(tracks).toHaveLength(1);
  expect(tracks[0]?.sounds).toEqual([
    { name: 'Stadium', language: 'en-US' },
    { name: '', language: 'de' },
    { name: '', language: '' },
  ]);
});

test('of one audio track of which nothing is said nothing is told', () => {
  expect(ingest(withSounds(1)).tracks[0]).not.toHaveProperty('sounds');
  expect(ingest(withSounds(1, ['a=lang:pt-BR\r\n'])).tracks[0]?.sounds).toEqual([
    { name: '', language: 'pt-BR' },
  ]);
});

test('a switched off audio track counts for nothing', () => {
  const [head = '', first = '', ...rest] = withSounds(2).split(/(?=m=audio)/);
  const { incoming } = ingest([head, first.replace('m=audio 9', 'm=audio 0'), ...rest].join(''));
  expect(incoming.map(({ mid, sound }) => [mid, sound])).toEqual([['1', undefined]]);
});
