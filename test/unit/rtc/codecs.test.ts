import { describe, expect, test } from 'vitest';

import {
  describeCodec,
  fit,
  isStereo,
  knownCodecs,
  parameter,
  payloadTypeOf,
  publisherOrder,
  withoutReceiverLimits,
  withStereo,
  type KnownCodec,
} from '#src/rtc/codecs.ts';
import type { OfferedCodec } from '#src/rtc/offer.ts';

let payloadType = 95;
function offered(name: string, fmtp = '', more: Partial<OfferedCodec> = {}): OfferedCodec {
  payloadType += 1;
  return { payloadType, name, clockRateHz: 90_000, channels: 1, fmtp, feedback: [], ...more };
}
function video(...codecs: OfferedCodec[]): readonly KnownCodec[] {
  return knownCodecs('video', codecs);
}

test('knows what is forwarded, whatever the spelling, and ties RTX to it', () => {
  const vp8 = offered('vp8', '', { payloadType: 35 });
  const rtx = offered('RTX', ' apt=35', { payloadType: 36 });
  const known = video(
    offered('red'),
    rtx,
    vp8,
    offered('VP8', '', { clockRateHz: 8_000 }),
    offered('theora'),
  );
  expect(known).toEqual([{ codec: 'vp8', offered: vp8, rtx }]);
  expect(payloadTypeOf(known[0]!)).toEqual({
    payloadType: 35,
    codec: 'vp8',
    clockRateHz: 90_000,
    fmtp: '',
    rtxPayloadType: 36,
  });
  expect(knownCodecs('audio', [offered('OPUS', '', { clockRateHz: 48_000 })])[0]?.codec).toBe('opus');
  expect(knownCodecs('audio', [vp8, offered('multiopus', '', { clockRateHz: 48_000 })])).toEqual([]);
});

test("a publisher's order stays, only H.264 without fragmentation moves behind H.264 with it", () => {
  const ordered = publisherOrder(
    video(
      offered('H264', 'packetization-mode=0'),
      offered('VP8'),
      offered('H264', 'packetization-mode=1;x=1'),
      offered('H264', 'packetization-mode=1;x=2'),
    ),
  );
  expect(ordered.map(({ codec, offered: { fmtp } }) => `${codec} ${fmtp}`)).toEqual([
    'h264 packetization-mode=1;x=1',
    'vp8 ',
    'h264 packetization-mode=1;x=2',
    'h264 packetization-mode=0',
  ]);
});

describe('fit', () => {
  const best = (
    stream: { codec: 'h264' | 'vp9' | 'av1' | 'h265' | 'vp8'; fmtp: string },
    ...codecs: OfferedCodec[]
  ): string | undefined =>
    [...video(...codecs)]
      .sort((a, b) => fit(stream, b) - fit(stream, a))
      .filter((one) => fit(stream, one) > 0)[0]?.offered.fmtp;

  test('H.264: the same profile, else any that may fragment, else any', () => {
    const stream = { codec: 'h264', fmtp: 'profile-level-id=42e01f;packetization-mode=1' } as const;
    const baseline = offered('H264', 'packetization-mode=1;profile-level-id=42001f');
    const constrained = offered('H264', 'packetization-mode=1;profile-level-id=42E033');
    const main = offered('H264', 'packetization-mode=1;profile-level-id=4d001f');
    const single = offered('H264', 'packetization-mode=0;profile-level-id=42e01f');
    const bare = offered('H264');
    expect(best(stream, single, main, baseline, constrained)).toBe(constrained.fmtp);
    expect(best(stream, single, main, baseline)).toBe(baseline.fmtp);
    expect(best(stream, single, main)).toBe(main.fmtp);
    expect(best(stream, bare)).toBe('');
    expect(
      best({ ...stream, fmtp: 'profile-level-id=64001f;packetization-mode=1' }, single, constrained),
    ).toBe(constrained.fmtp);
    expect(best(stream, offered('VP8'))).toBeUndefined();
  });

  test('other codecs: the profile must be the same', () => {
    expect(best({ codec: 'vp9', fmtp: 'profile-id=2' }, offered('VP9', 'profile-id=0'))).toBeUndefined();
    expect(
      best({ codec: 'vp9', fmtp: '' }, offered('VP9', 'profile-id=2'), offered('VP9', 'profile-id=0')),
    ).toBe('profile-id=0');
    expect(best({ codec: 'av1', fmtp: '' }, offered('AV1', 'level-idx=5;profile=0;tier=0'))).toBe(
      'level-idx=5;profile=0;tier=0',
    );
    expect(best({ codec: 'av1', fmtp: 'profile=1' }, offered('AV1'))).toBeUndefined();
    expect(best({ codec: 'h265', fmtp: 'profile-id=1' }, offered('H265'))).toBe('');
    expect(best({ codec: 'vp8', fmtp: 'max-fs=1' }, offered('VP8', 'max-fs=2'))).toBe('max-fs=2');
  });
});

test('format parameters', () => {
  expect(parameter('a=1; B=2;flag', 'b')).toBe('2');
  expect(parameter('a=1;flag', 'flag')).toBe('');
  expect(parameter('', 'a')).toBeUndefined();
  expect(isStereo('minptime=10;stereo=1')).toBe(true);
  expect(isStereo('sprop-stereo=1')).toBe(true);
  expect(isStereo('stereo=0;sprop-stereo=0')).toBe(false);
  expect(withStereo('')).toBe('stereo=1;sprop-stereo=1');
  expect(withStereo('stereo=0;useinbandfec=1')).toBe('useinbandfec=1;stereo=1;sprop-stereo=1');
  expect(withoutReceiverLimits('max-fs=12288;max-fr=60')).toBe('');
  expect(withoutReceiverLimits('profile-id=0;max-fs=3600')).toBe('profile-id=0');
  expect(describeCodec('H264', 'profile-level-id=42e01f')).toBe('H264 (42e01f)');
  expect(describeCodec('VP8', '')).toBe('VP8');
});
