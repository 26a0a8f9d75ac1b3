import { expect, test } from 'vitest';
import { parseH265Sps } from '#src/rtp/keyframe/h265-sps.ts';
import { hex } from '../packets.ts';

/** 854x480, cropped from 856; the emulation prevention bytes are inside the profile. */
const sps = '42010101600000030090000003000003005aa006c201e1cde595952930bc05a020000003002000000303c1';

test('profile and level come without emulation prevention, as a configuration record wants them', () => {
  expect(parseH265Sps(hex(sps))).toEqual({
    profileTierLevel: hex('01 60000000 900000000000 5a'),
    temporalLayers: 1,
    temporalIdNested: true,
    chromaFormat: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    width: 854,
    height: 480,
  });
});

test('a set that is cut off before its bit depths tells nothing, wherever it is cut', () => {
  const nal = hex(sps);
  for (let end = 0; end <= 24; end += 1) expect(parseH265Sps(nal.subarray(0, end))).toBeUndefined();
});
