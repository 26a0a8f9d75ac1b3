import { describe, expect, it } from 'vitest';
import {
  answerAfterRestart,
  readIce,
  restartFragment,
  withStartBitrate,
  withStereoOpus,
} from '#public/shared/sdp-edit.ts';

const crlf = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

const offer = crlf(
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  'a=rtpmap:96 VP8/90000',
);

const answer = crlf(
  'v=0',
  'a=ice-lite',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:old1',
  'a=ice-pwd:oldoldoldoldoldoldoldo',
  'a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host',
  'a=end-of-candidates',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'a=ice-ufrag:old1',
  'a=ice-pwd:oldoldoldoldoldoldoldo',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 profile-level-id=42e01f;packetization-mode=1',
);

describe('withStereoOpus', () => {
  it('adds stereo to the Opus format alone and keeps everything else byte for byte', () => {
    const edited = withStereoOpus(offer, 128_000);
    expect(edited).toContain(
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n',
    );
    expect(edited.replace(';stereo=1;sprop-stereo=1;maxaveragebitrate=128000', '')).toBe(offer);
  });

  it('replaces what is there, makes a missing fmtp line, and is the same when done twice', () => {
    const mono = offer.replace('useinbandfec=1', 'useinbandfec=1;stereo=0');
    expect(withStereoOpus(mono)).toContain(
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n',
    );
    const bare = crlf('m=audio 9 UDP/TLS/RTP/SAVPF 109', 'a=rtpmap:109 opus/48000/2', 'a=rtcp-fb:109 nack');
    expect(withStereoOpus(bare)).toBe(
      crlf(
        'm=audio 9 UDP/TLS/RTP/SAVPF 109',
        'a=rtpmap:109 opus/48000/2',
        'a=fmtp:109 stereo=1;sprop-stereo=1',
        'a=rtcp-fb:109 nack',
      ),
    );
    expect(withStereoOpus(withStereoOpus(bare))).toBe(withStereoOpus(bare));
  });

  it('leaves a description without Opus alone', () => {
    expect(withStereoOpus('v=0\r\nm=video 9 X 96\r\n')).toBe('v=0\r\nm=video 9 X 96\r\n');
  });
});

it('asks for a start bitrate on video formats only', () => {
  const edited = withStartBitrate(answer, 1_200_000);
  expect(edited).toContain(
    'a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;x-google-start-bitrate=1200\r\n',
  );
  expect(edited.match(/x-google/g)).toHaveLength(1);
});

describe('ICE restart', () => {
  it('makes a fragment with the bundle, one m-line, its mid and the new credentials', () => {
    expect(restartFragment(offer)).toBe(
      crlf(
        'a=group:BUNDLE 0 1',
        'a=ice-options:trickle ice2',
        'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
        'a=mid:0',
        'a=ice-ufrag:abcd',
        'a=ice-pwd:0123456789012345678901',
      ),
    );
    expect(restartFragment('v=0\r\n')).toBeUndefined();
  });

  it('puts the credentials and candidates of the reply into the first answer', () => {
    const fragment = crlf(
      'a=ice-lite',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=ice-ufrag:new1',
      'a=ice-pwd:newnewnewnewnewnewnewn',
      'a=candidate:1 1 udp 2130706431 192.0.2.9 8189 typ host',
      'a=end-of-candidates',
    );
    const restarted = answerAfterRestart(answer, fragment) ?? '';
    expect(readIce(restarted)).toEqual({
      ufrag: 'new1',
      password: 'newnewnewnewnewnewnewn',
      candidates: ['a=candidate:1 1 udp 2130706431 192.0.2.9 8189 typ host'],
    });
    expect(restarted.match(/ice-ufrag:new1/g)).toHaveLength(2);
    expect(restarted).not.toContain('old1');
    // The candidate stands in the first m-section.
    expect(restarted.indexOf('192.0.2.9')).toBeLessThan(restarted.indexOf('m=video'));
  });

  it('keeps the old candidates when the reply names none, and refuses a reply without credentials', () => {
    const restarted = answerAfterRestart(answer, 'a=ice-ufrag:n\r\na=ice-pwd:p\r\n') ?? '';
    expect(readIce(restarted)?.candidates).toEqual([
      'a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host',
    ]);
    expect(answerAfterRestart(answer, '')).toBeUndefined();
  });
});
