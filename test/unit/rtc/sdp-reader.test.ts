import { describe, expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import { readOffer } from '#src/rtc/sdp-reader.ts';
import { offerNames, offerText } from './kit/offers.ts';

const publish = offerText('obs-publish');
const simulcast = offerText('obs-publish-simulcast');

function refusal(text: string): Failure {
  try {
    readOffer(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the offer was accepted');
}

test.each(offerNames)('reads the offer of %s', (name) => {
  const offer = readOffer(offerText(name));
  expect(offer.ice.ufrag.length).toBeGreaterThanOrEqual(4);
  expect(offer.fingerprints[0]?.algorithm).toBe('sha-256');
  expect(offer.sections.some(({ disabled }) => disabled)).toBe(false);
  expect(offer.setup).toBe(/a=setup:(.*)\r/.exec(offerText(name))?.[1]);
});

test('takes what stands at session level for every section', () => {
  const offer = readOffer(publish);
  expect(offer.ice).toEqual({ ufrag: 'GtBo', password: 'XB6ucScjvZh2cVlUjHslr2' });
  expect(offer.fingerprints).toHaveLength(1);
  expect(offer).toMatchObject({ bundled: true, extmapAllowMixed: false });
  const shared = publish
    .replace('a=group:LS 0 1\r\n', 'a=extmap-allow-mixed\r\na=extmap:9 urn:x:session\r\na=recvonly\r\n')
    .replaceAll('a=sendonly\r\n', '');
  const inherited = readOffer(shared);
  expect(inherited.extmapAllowMixed).toBe(true);
  expect(inherited.sections.map(({ direction }) => direction)).toEqual(['recvonly', 'recvonly']);
  expect(inherited.sections.map(({ extensions }) => extensions[0])).toEqual([
    { id: 9, uri: 'urn:x:session' },
    { id: 9, uri: 'urn:x:session' },
  ]);
});

test('the first section speaks for the bundle when each names its own transport', () => {
  expect(readOffer(offerText('aiortc-publish')).ice.ufrag).toBe('w53w');
  expect(readOffer(offerText('aiortc-publish')).fingerprints.map(({ algorithm }) => algorithm)).toEqual([
    'sha-256',
    'sha-384',
    'sha-512',
  ]);
});

test('a port of 0 means off, unless the section is bundle-only', () => {
  const [, video] = readOffer(offerText('gstreamer-publish')).sections;
  expect(video).toMatchObject({ media: 'video', disabled: false });
  const off = publish.replace('m=video 9', 'm=video 0');
  expect(readOffer(off).sections.map(({ disabled }) => disabled)).toEqual([false, true]);
  expect(refusal(off.replace('m=audio 9', 'm=audio 0')).code).toBe('no-media');
});

test('codecs come in the order of the m= line, with their parameters wherever they stand', () => {
  const [, video] = readOffer(offerText('firefox-publish')).sections;
  expect(video?.codecs.slice(0, 3)).toEqual([
    {
      payloadType: 120,
      name: 'VP8',
      clockRateHz: 90_000,
      channels: 1,
      fmtp: 'max-fs=12288;max-fr=60',
      feedback: ['nack', 'nack pli', 'ccm fir', 'goog-remb', 'transport-cc'],
    },
    { payloadType: 124, name: 'rtx', clockRateHz: 90_000, channels: 1, fmtp: 'apt=120', feedback: [] },
    expect.objectContaining({ payloadType: 121, name: 'VP9' }),
  ]);
  const wildcard = publish.replace('a=rtcp-fb:96 nack\r\n', 'a=rtcp-fb:* nack\r\n');
  expect(readOffer(wildcard).sections[1]?.codecs[0]?.feedback).toContain('nack');
});

test('SSRCs of media come before those of repair', () => {
  expect(readOffer(offerText('chromium-publish')).sections[1]?.ssrcs).toHaveLength(2);
  const swapped = offerText('aiortc-publish').replace(
    'FID 2468101214 1357911131',
    'FID 1357911131 2468101214',
  );
  expect(readOffer(swapped).sections[1]?.ssrcs).toEqual([1357911131, 2468101214]);
});

test('simulcast rids keep the order of a=simulcast, alternatives and pauses aside', () => {
  expect(readOffer(offerText('chromium-publish-simulcast')).sections[1]?.rids).toEqual(['q', 'h', 'f']);
  expect(readOffer(simulcast).sections[1]?.rids).toEqual(['0', '1']);
  expect(readOffer(simulcast.replace('send 0;1', 'send ~1,0;0')).sections[1]?.rids).toEqual(['1', '0']);
  expect(readOffer(simulcast.replace('send 0;1', 'recv 5 send 1')).sections[1]?.rids).toEqual(['1']);
  expect(readOffer(simulcast.replace('send 0;1', 'recv 5')).sections[1]?.rids).toEqual([]);
  expect(readOffer(publish).sections[1]?.rids).toEqual([]);
});

test('line ends may be LF, mixed, or missing at the end', () => {
  const expected = readOffer(publish);
  expect(readOffer(publish.replaceAll('\r\n', '\n'))).toEqual(expected);
  expect(readOffer(publish.replace('\r\n', '\n'))).toEqual(expected);
  expect(readOffer(`${publish}\r\n\r\n`)).toEqual(expected);
  expect(readOffer(publish.trimEnd())).toEqual(expected);
});

test('a lone section needs neither BUNDLE nor mid; unknown attributes and sections are let through', () => {
  const lone = offerText('chromium-publish-audio')
    .replace(/a=group.*\r\n/, '')
    .replace(/a=mid.*\r\n/, '');
  expect(readOffer(lone)).toMatchObject({ bundled: false, sections: [{ mid: '' }] });
  expect(
    readOffer(publish.replace('a=mid:0\r\n', 'a=mid:0\r\na=x-new:anything\r\nb=AS:50\r\n')).sections,
  ).toHaveLength(2);
  expect(readOffer(offerText('mediamtx-reader-view')).sections[2]).toMatchObject({
    media: 'application',
    mid: '2',
  });
});

describe('refuses', () => {
  const replaced = (from: string | RegExp, to: string): string => publish.replace(from, to);
  test.each([
    ['more than 64 KiB', `${publish}a=x:${'y'.repeat(65_536)}`, 'too-large', 'sdp-too-large'],
    ['nothing', '', 'invalid', 'bad-sdp'],
    ['another format', '{"sdp": "v=0"}', 'invalid', 'bad-sdp'],
    ['no v=', replaced('v=0\r\n', ''), 'invalid', 'bad-sdp'],
    ['another version', replaced('v=0', 'v=1'), 'invalid', 'bad-sdp'],
    ['no o=', replaced(/o=.*\r\n/, ''), 'invalid', 'bad-sdp'],
    ['half an o=', replaced(/o=.*\r\n/, 'o=- 1 1\r\n'), 'invalid', 'bad-sdp'],
    ['no s=', replaced('s=-\r\n', ''), 'invalid', 'bad-sdp'],
    ['no t=', replaced('t=0 0\r\n', ''), 'invalid', 'bad-sdp'],
    ['no m=', publish.slice(0, publish.indexOf('m=')), 'invalid', 'bad-sdp'],
    [
      'thirteen sections',
      publish + 'm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(11),
      'invalid',
      'sdp-too-many-sections',
    ],
    ['NUL', replaced('s=-', 's=\0'), 'invalid', 'bad-sdp'],
    ['broken UTF-8', replaced('s=-', 's=\ufffd'), 'invalid', 'bad-sdp'],
    ['half a surrogate', replaced('s=-', 's=\ud800'), 'invalid', 'bad-sdp'],
    ['a blank line inside', replaced('a=mid:0\r\n', 'a=mid:0\r\n\r\n'), 'invalid', 'bad-sdp'],
    ['a long line', replaced('s=-', `s=${'x'.repeat(3_000)}`), 'invalid', 'bad-sdp'],
    ['a lone CR', replaced('a=mid:0', 'a=mid:0\ra=x'), 'invalid', 'bad-sdp'],
    ['no ufrag', replaced(/a=ice-ufrag.*\r\n/, ''), 'invalid', 'sdp-no-ice'],
    ['no password', replaced(/a=ice-pwd.*\r\n/, ''), 'invalid', 'sdp-no-ice'],
    ['a short ufrag', replaced('ufrag:GtBo', 'ufrag:abc'), 'invalid', 'bad-sdp'],
    ['a short password', replaced(/ice-pwd:.*/, 'ice-pwd:abc'), 'invalid', 'bad-sdp'],
    ['no fingerprint', replaced(/a=fingerprint.*\r\n/, ''), 'invalid', 'sdp-no-fingerprint'],
    ['sha-1 alone', replaced(/sha-256 (?:..:){12}/, 'sha-1 '), 'invalid', 'sdp-no-fingerprint'],
    ['a short sha-256', replaced(/sha-256 ..:/, 'sha-256 '), 'invalid', 'sdp-no-fingerprint'],
    ['no setup', replaced('a=setup:actpass\r\n', ''), 'invalid', 'sdp-no-setup'],
    ['setup:holdconn', replaced('setup:actpass', 'setup:holdconn'), 'unprocessable', 'wrong-setup'],
    ['ICE-lite', replaced('t=0 0', 't=0 0\r\na=ice-lite'), 'unprocessable', 'ice-lite-offer'],
    ['no BUNDLE', replaced(/a=group:BUNDLE.*\r\n/, ''), 'unprocessable', 'bundle-required'],
    ['half a BUNDLE', replaced('BUNDLE 0 1', 'BUNDLE 0'), 'unprocessable', 'bundle-required'],
    ['a mid twice', replaced('a=mid:1', 'a=mid:0'), 'invalid', 'bad-sdp'],
    ['two mids', replaced('a=mid:1', 'a=mid:1\r\na=mid:2'), 'invalid', 'sdp-too-many-lines'],
    ['fmtp without rtpmap', replaced('a=fmtp:96', 'a=fmtp:97'), 'invalid', 'bad-sdp'],
    [
      'rtcp-fb without rtpmap',
      replaced('a=rtcp-fb:96 nack\r\n', 'a=rtcp-fb:97 nack\r\n'),
      'invalid',
      'bad-sdp',
    ],
    ['rtpmap over 127', replaced('a=rtpmap:96', 'a=rtpmap:128'), 'invalid', 'bad-sdp'],
    ['rtpmap twice', replaced('a=rtpmap:96', 'a=rtpmap:96 VP8/90000\r\na=rtpmap:96'), 'invalid', 'bad-sdp'],
    ['half an rtpmap', replaced('H264/90000', 'H264'), 'invalid', 'bad-sdp'],
    ['a payload type of letters', replaced('SAVPF 96', 'SAVPF abc'), 'invalid', 'bad-sdp'],
    ['a payload type twice', replaced('SAVPF 96', 'SAVPF 96 96'), 'invalid', 'bad-sdp'],
    ['a port over 65535', replaced('m=video 9', 'm=video 65536'), 'invalid', 'bad-sdp'],
    ['no formats', replaced('SAVPF 96', 'SAVPF'), 'invalid', 'bad-sdp'],
    ['an SSRC over 32 bits', replaced('ssrc:1001 cname', 'ssrc:4294967296 cname'), 'invalid', 'bad-sdp'],
    ['an extension id twice', replaced('a=extmap:2 ', 'a=extmap:1 '), 'invalid', 'bad-sdp'],
    ['simulcast without rid', simulcast.replace('a=rid:1 send\r\n', ''), 'invalid', 'bad-sdp'],
    ['a rid to receive', simulcast.replace('a=rid:1 send', 'a=rid:1 recv'), 'invalid', 'bad-sdp'],
    ['a layer twice', simulcast.replace('send 0;1', 'send 0;0'), 'invalid', 'bad-sdp'],
    ['an empty layer', simulcast.replace('send 0;1', 'send 0;;1'), 'invalid', 'bad-sdp'],
    ['five layers', simulcast.replace('send 0;1', 'send 0;1;0;1;0'), 'invalid', 'sdp-too-many-lines'],
    [
      '100 candidates',
      publish + 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n'.repeat(100),
      'invalid',
      'sdp-too-many-lines',
    ],
    ['100 rids', publish + 'a=rid:0 send\r\n'.repeat(100), 'invalid', 'sdp-too-many-lines'],
    ['3,000 lines', publish + 'a=x\r\n'.repeat(3_000), 'invalid', 'bad-sdp'],
  ])('%s', (_, text, kind, code) => {
    const failure = refusal(text);
    expect([failure.kind, failure.code]).toEqual([kind, code]);
    expect(failure.message.length).toBeLessThan(400);
  });

  test('with a sentence that names the line and the remedy', () => {
    expect(refusal(publish.replace('a=mid:1', 'a=mid:0')).message).toMatch(
      /^SDP line \d+: .*; give each m= section its own mid$/,
    );
    expect(refusal(publish.replaceAll('setup:actpass', 'setup:holdconn')).message).toMatch(
      /at SDP line \d+ says a=setup:holdconn; offer a=setup:actpass$/,
    );
  });
});
