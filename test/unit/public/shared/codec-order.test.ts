import { expect, it } from 'vitest';
import { availableVideoCodecs, orderCodecs } from '#public/shared/codec-order.ts';

const codecs = [
  { mimeType: 'video/VP8' },
  { mimeType: 'video/rtx' },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
  },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f',
  },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  },
  { mimeType: 'video/AV1' },
];

it('puts the preferred codec first, Baseline in packetization mode 1 before its other forms, helpers last', () => {
  const order = orderCodecs(codecs, 'h264');
  expect(order.map((codec) => codecs.indexOf(codec))).toEqual([4, 3, 2, 0, 5, 1]);
});

it('drops nothing, also when the preferred one is missing', () => {
  expect(orderCodecs(codecs, 'h265').map((codec) => codecs.indexOf(codec))).toEqual([0, 2, 3, 4, 5, 1]);
});

it('offers only what the browser has', () => {
  expect(availableVideoCodecs(codecs)).toEqual(['h264', 'vp8', 'av1']);
});
