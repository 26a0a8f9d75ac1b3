import { describe, expect, test } from 'vitest';
import { vp9KeyframeStart, vp9Resolution } from '#src/rtp/keyframe/vp9.ts';
import { hex } from '../packets.ts';

/** First bytes of a key frame of 320x180 and of the frame behind it, as an encoder made them. */
const key = '824983420013f00b360438241c184a00';
const delta = '86004092f0e14000004c7fd4d5f7dae3';

describe('keyframe start', () => {
  test.each([
    ['plain descriptor', `08 ${key}`],
    ['15-bit picture id', `88 8123 ${key}`],
    ['flexible mode, lowest spatial layer', `b8 8123 00 ${key}`],
    ['non-flexible mode with TL0PICIDX', `a8 8123 00 05 ${key}`],
    ['scalability structure with a picture group', `8a 8123 08 02 0401 080109 ${key}`],
  ])('%s', (_name, text) => {
    expect(vp9KeyframeStart(hex(text))).toBe(true);
    expect(vp9Resolution(hex(text))).toEqual({ width: 320, height: 180 });
  });

  test.each([
    ['predicted frame', `48 ${delta}`],
    ['frame type says predicted, whatever the descriptor says', `08 ${delta}`],
    ['later packet of the frame', `00 ${key}`],
    ['upper spatial layer', `a8 8123 02 05 ${key}`],
    ['descriptor alone', '88 8123'],
  ])('not: %s', (_name, text) => {
    expect(vp9KeyframeStart(hex(text))).toBe(false);
  });
});

test('a scalability structure tells the size of its largest layer', () => {
  const structure = `50 0140 00b4 0280 0168 0500 02d0`;
  expect(vp9Resolution(hex(`8a 8123 ${structure} ${key}`))).toEqual({ width: 1280, height: 720 });
});

test('profile 2 carries a bit depth, profile 1 its subsampling', () => {
  // frame marker, profile bits, no existing frame, key frame, shown, not resilient, sync code, color, size.
  const size = '0000000100111111' + '0000000010110011';
  const bytes = (bits: string): string =>
    (bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [])
      .map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0'))
      .join('');
  const sync = '010010011000001101000010';
  const profile2 = `10 01 0 0 1 0 ${sync} 0 010 0 ${size}`.replaceAll(' ', '');
  const profile1 = `10 10 0 0 1 0 ${sync} 010 0 000 ${size}`.replaceAll(' ', '');
  for (const bits of [profile1, profile2]) {
    expect(vp9Resolution(hex(`08${bytes(bits)}`))).toEqual({ width: 320, height: 180 });
  }
});

test('a predicted frame and a wrong sync code tell no size', () => {
  expect(vp9Resolution(hex(`48 ${delta}`))).toBeUndefined();
  expect(vp9Resolution(hex(`08 82498343${key.slice(8)}`))).toBeUndefined();
});
