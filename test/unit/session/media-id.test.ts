import { expect, test } from 'vitest';
import { videoLineOf } from '#src/session/media-id.ts';

test.each([
  ['v=0\r\nm=audio 9 X 0\r\na=mid:a\r\nm=video 9 X 0\r\na=mid:cam\r\n', { index: '1', mid: 'cam' }],
  ['v=0\nm=video 9 X 0\na=mid:0\nm=audio 9 X 0\na=mid:1\n', { index: '0', mid: '0' }],
  ['v=0\r\nm=audio 9 X 0\r\na=mid:x\r\n', { index: '0', mid: 'x' }],
  ['v=0\r\n', { index: '0', mid: '0' }],
])('%j', (sdp, expected) => {
  expect(videoLineOf(sdp)).toEqual(expected);
});
