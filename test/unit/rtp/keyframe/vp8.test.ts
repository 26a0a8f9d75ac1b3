import { describe, expect, test } from 'vitest';
import { vp8KeyframeStart, vp8Resolution } from '#src/rtp/keyframe/vp8.ts';
import { hex } from '../packets.ts';

/** First bytes of a key frame of 320x180 and of the frame behind it, as an encoder made them. */
const key = '1062009d012a4001b4000007';
const delta = 'b11700091108001ec193d5a3';

describe('keyframe start', () => {
  test.each([
    ['plain descriptor', `10 ${key}`],
    ['non-reference bit and reserved bits', `f8 00 ${key}`],
    ['7-bit picture id', `90 80 11 ${key}`],
    ['15-bit picture id, TL0PICIDX, TID and KEYIDX', `90 f0 8111 22 33 ${key}`],
  ])('%s', (_name, text) => {
    expect(vp8KeyframeStart(hex(text))).toBe(true);
    expect(vp8Resolution(hex(text))).toEqual({ width: 320, height: 180 });
  });

  test.each([
    ['predicted frame', `10 ${delta}`],
    ['later packet of a key frame', `00 ${key}`],
    ['later partition', `11 ${key}`],
    ['descriptor alone', '90 f0 8111 22 33'],
  ])('not: %s', (_name, text) => {
    expect(vp8KeyframeStart(hex(text))).toBe(false);
    expect(vp8Resolution(hex(text))).toBeUndefined();
  });
});

test('scaling bits are no part of the size; a wrong start code tells none', () => {
  expect(vp8Resolution(hex('10 106200 9d012a 40c1 b480'))).toEqual({ width: 320, height: 180 });
  expect(vp8Resolution(hex('10 106200 9d012b 4001 b400'))).toBeUndefined();
});
