import { describe, expect, test } from 'vitest';
import { isKeyframeStart, resolution } from '#src/rtp/keyframe.ts';
import { hex } from './packets.ts';

test('each codec is read its own way', () => {
  const idr = hex('65 88 84');
  expect(isKeyframeStart('h264', idr)).toBe(true);
  expect(isKeyframeStart('vp8', idr)).toBe(false);
  expect(isKeyframeStart('opus', idr)).toBe(true);
  expect(resolution('opus', idr)).toBeUndefined();
});

describe('junk neither starts anything nor throws', () => {
  test.each(['h264', 'h265', 'vp8', 'vp9', 'av1'] as const)('%s', (codec) => {
    for (const payload of ['', '00', 'ff', '80', '18 00ff 67', '7c 85', '6201', '7801 00']) {
      expect(resolution(codec, hex(payload))).toBeUndefined();
      expect(() => isKeyframeStart(codec, hex(payload))).not.toThrow();
    }
    expect(isKeyframeStart(codec, hex(''))).toBe(false);
  });
});
