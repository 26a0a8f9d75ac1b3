import { expect, test } from 'vitest';
import { parseAv1Sequence } from '#src/rtp/keyframe/av1-sequence.ts';
import { hex } from '../packets.ts';

const body = '000000043cfeccdaf90040';

test('reads the header of an encoder to the end of its colours', () => {
  expect(parseAv1Sequence(hex(body))).toEqual({
    profile: 0,
    level: 0,
    tier: 0,
    highBitDepth: 0,
    twelveBit: 0,
    monochrome: 0,
    subsamplingX: 1,
    subsamplingY: 1,
    samplePosition: 0,
    width: 320,
    height: 180,
  });
});

test('a header that is cut off tells nothing, wherever it is cut', () => {
  for (let end = 0; end < 10; end += 1) expect(parseAv1Sequence(hex(body).subarray(0, end))).toBeUndefined();
});
